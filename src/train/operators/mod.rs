//! The operations of a training program: forward, and back.

#[allow(dead_code)]
mod add;
#[allow(dead_code)]
mod average_pool;
#[allow(dead_code)]
mod broadcast;
#[allow(dead_code)]
mod check;
#[allow(dead_code)]
mod function;
#[allow(dead_code)]
mod identity;
#[allow(dead_code)]
mod max_pool;
#[allow(dead_code)]
mod mul;
#[allow(dead_code)]
mod place;
#[allow(dead_code)]
mod pooling;
#[cfg(test)]
mod tests;
