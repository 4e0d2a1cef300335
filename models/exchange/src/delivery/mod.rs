//! Delivery: warehouse receipts, who delivers to whom, payment and penalty; or cash against an index.

mod cash;
mod matching;
mod physical;
mod receipts;

pub use cash::final_price;
pub use physical::{Delivered, Delivery, DeliveryReport};
pub use receipts::{Receipt, ReceiptError, ReceiptId, StorageReport, Warehouses};
