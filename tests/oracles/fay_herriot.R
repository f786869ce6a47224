# Reference values of small areas: R metafor. Run from the root: Rscript tests/oracles/fay_herriot.R
# metafor's blup() leaves out what is not known of sigma2: its squared error is g1 + g2.
suppressPackageStartupMessages(library(metafor))
set.seed(20240305)
number <- function(x) trimws(formatC(as.numeric(x), digits = 15, format = "g", width = -1))
many <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")

reference <- function(m, sigma, noise = 1) {
  x1 <- round(runif(m, 0.05, 0.45), 4)
  x2 <- round(runif(m, 0.1, 0.7), 4)
  variance <- round(runif(m, 0.04, 0.9), 4)
  direct <- round(5 + 3 * x1 - 2 * x2 + rnorm(m, 0, sigma) + rnorm(m, 0, noise * sqrt(variance)), 4)
  found <- rma(yi = direct, vi = variance, mods = ~ x1 + x2, method = "REML", control = list(threshold = 1e-14, maxiter = 1000))
  best <- blup(found)
  paste0('{"x1": ', many(x1), ',\n"x2": ', many(x2), ',\n"variance": ', many(variance), ',\n"direct": ', many(direct),
         ',\n"beta": ', many(found$beta), ',\n"covariance": ', many(found$vb), ',\n"sigma2": ', number(found$tau2),
         ',\n"estimate": ', many(best$pred), ',\n"g1_g2": ', many(best$se^2), "}")
}

result <- paste0('{"versions": ["', R.version.string, '", "metafor ', packageVersion("metafor"), '"],\n"varied": ',
                 reference(48, 0.6), ',\n"alike": ', reference(40, 0, 0.7), "}")
writeLines(result, "tests/oracles/fay_herriot.json")
