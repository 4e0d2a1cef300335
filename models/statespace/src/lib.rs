//! One Kalman filter and smoother for every linear model, with spans, and maximum likelihood on top of it.
#![forbid(unsafe_code)]
