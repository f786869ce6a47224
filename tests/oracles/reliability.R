# Reference values of the reliability of scales: R psych and lavaan. Run from the root: Rscript tests/oracles/reliability.R
# Writes tests/oracles/reliability.json: answers by a fixed rule, and what psych and lavaan make of them.
suppressPackageStartupMessages({library(psych); library(lavaan)})
options(digits = 17)
set.seed(20240305)
source("tests/oracles/json.R")

ordered_answers <- function(n, loading, cuts) {
  factor <- rnorm(n)
  one <- function(j) findInterval(loading[j] * factor + sqrt(1 - loading[j]^2) * rnorm(n), cuts[[j]]) + 1
  as.data.frame(sapply(seq_along(loading), one))
}
# What lavaan and psych make of answers; the factor is fitted to polychoric correlations by unweighted least squares.
judged <- function(d) {
  k <- ncol(d)
  names(d) <- paste0("v", 1:k)
  a <- psych::alpha(d, check.keys = FALSE, warnings = FALSE)
  ci <- psych::alpha.ci(a$total$raw_alpha, n.obs = nrow(d), n.var = k, p.val = .05, digits = 15)
  behind <- unclass(lavCor(d, ordered = names(d), output = "cor"))
  fit <- cfa(paste("f =~", paste(names(d), collapse = " + ")), data = d, ordered = names(d), std.lv = TRUE,
             estimator = "ULS", optim.dx.tol = 1e-7)
  loading <- as.numeric(inspect(fit, "est")$lambda)
  list(answers = as.numeric(as.matrix(d)), items = k,
       alpha = a$total$raw_alpha, lower = as.numeric(ci$lower.ci), upper = as.numeric(ci$upper.ci),
       mean_r = a$total$average_r, polychoric = behind[lower.tri(behind)],
       ordinal_alpha = psych::alpha(behind, check.keys = FALSE, warnings = FALSE)$total$raw_alpha,
       loading = loading, omega = sum(loading)^2 / (sum(loading)^2 + sum(1 - loading^2)),
       srmr = as.numeric(fitMeasures(fit, "srmr_bentler_nomean")))
}

result <- list(
  versions = c(R.version.string, paste("psych", packageVersion("psych")), paste("lavaan", packageVersion("lavaan"))),
  five_points = judged(ordered_answers(600, c(.8, .7, .6, .75), list(c(-1.5, -.5, .4, 1.3), c(-1, 0, .5, 1.5), c(-2, -1, 0, 1), c(-1.2, -.3, .3, 1)))),
  three_points = judged(ordered_answers(250, c(.5, .6, .9), list(c(-.5, .8), c(-1, .2), c(0, 1)))),
  yes_or_no = judged(ordered_answers(400, c(.7, .5, .6, .8, .65), list(.2, -.4, .6, 0, -.1)))
)
writeLines(json(result), "tests/oracles/reliability.json")
