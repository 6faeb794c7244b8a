//! load-orders
