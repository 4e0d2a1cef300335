//! Readers, the bundled catalogue, checks and the claims ledger.
