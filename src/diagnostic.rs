//! Errors and warnings as a user reads them.
