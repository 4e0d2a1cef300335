# CPU milliseconds of R's arima() for a fixed airline model on log AirPassengers, without and with six regressors.
# Rscript airline.R    prints `peer,model,series,cpu_ms_per_series`. The regressors are those of benches/forecast.rs:
# weekdays Monday to Saturday less Sundays in each month.
y <- log(AirPassengers)
days <- seq(as.Date("1949-01-01"), as.Date("1960-12-31"), by = "day")
month <- factor(format(days, "%Y-%m"), levels = unique(format(days, "%Y-%m")))
count <- table(month, factor(format(days, "%u"), levels = 1:7))
X <- as.matrix(count[, 1:6] - count[, 7])
dimnames(X) <- NULL
fit <- function(xreg) predict(arima(y, c(0, 1, 1), list(order = c(0, 1, 1), period = 12), xreg = xreg),
                              n.ahead = 12, newxreg = if (is.null(xreg)) NULL else tail(xreg, 12))
time <- function(f, n = 20) { f(); t <- system.time(for (i in 1:n) f()); 1000 * sum(t[1:2]) / n }
cat("peer,model,series,cpu_ms_per_series\n")
cat(sprintf("R,airline,1,%.3f\n", time(function() fit(NULL))))
cat(sprintf("R,airline with six regressors,1,%.3f\n", time(function() fit(X))))
