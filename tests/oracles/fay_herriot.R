# Reference values of small areas: R metafor. Run from the root: Rscript tests/oracles/fay_herriot.R
# metafor's blup() leaves out what is not known of sigma2: its squared error is g1 + g2.
# The adjusted likelihood (Yoshimori and Lahiri 2014) is climbed here by R's own optimize().
suppressPackageStartupMessages(library(metafor))
set.seed(20240305)
number <- function(x) trimws(formatC(as.numeric(x), digits = 15, format = "g", width = -1))
many <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")

adjusted <- function(direct, variance, x1, x2) {
  x <- cbind(1, x1, x2)
  likelihood <- function(logged) {
    sigma2 <- exp(logged)
    whole <- diag(sigma2 + variance)
    inverse <- solve(whole)
    information <- t(x) %*% inverse %*% x
    projected <- inverse - inverse %*% x %*% solve(information) %*% t(x) %*% inverse
    share <- sum(sigma2 / (sigma2 + variance))
    -0.5 * (determinant(whole)$modulus + determinant(information)$modulus + t(direct) %*% projected %*% direct) +
      log(atan(share)) / length(direct)
  }
  # The best of a grid, then the neighbourhood of that.
  grid <- seq(log(1e-7), log(20), length.out = 400)
  best <- grid[which.max(sapply(grid, likelihood))]
  exp(optimize(likelihood, c(best - 0.1, best + 0.1), maximum = TRUE, tol = 1e-12)$maximum)
}

reference <- function(m, sigma, noise = 1) {
  x1 <- round(runif(m, 0.05, 0.45), 4)
  x2 <- round(runif(m, 0.1, 0.7), 4)
  variance <- round(runif(m, 0.04, 0.9), 4)
  direct <- round(5 + 3 * x1 - 2 * x2 + rnorm(m, 0, sigma) + rnorm(m, 0, noise * sqrt(variance)), 4)
  found <- rma(yi = direct, vi = variance, mods = ~ x1 + x2, method = "REML", control = list(threshold = 1e-14, maxiter = 1000))
  best <- blup(found)
  paste0('{"x1": ', many(x1), ',\n"x2": ', many(x2), ',\n"variance": ', many(variance), ',\n"direct": ', many(direct),
         ',\n"beta": ', many(found$beta), ',\n"covariance": ', many(found$vb), ',\n"sigma2": ', number(found$tau2),
         ',\n"adjusted_sigma2": ', number(adjusted(direct, variance, x1, x2)),
         ',\n"estimate": ', many(best$pred), ',\n"g1_g2": ', many(best$se^2), "}")
}

result <- paste0('{"versions": ["', R.version.string, '", "metafor ', packageVersion("metafor"), '"],\n"varied": ',
                 reference(48, 0.6), ',\n"alike": ', reference(40, 0, 0.7), "}")
writeLines(result, "tests/oracles/fay_herriot.json")
