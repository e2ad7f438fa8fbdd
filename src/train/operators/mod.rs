//! The operations of a training program: forward, and back.

mod add;

mod average_pool;

mod broadcast;

mod check;

mod function;

mod identity;

mod max_pool;

mod mul;

mod place;

mod pooling;
#[cfg(test)]
mod tests;
