# Reference values of measurement invariance: R lavaan, diagonally weighted least squares. From the root: Rscript tests/oracles/invariance.R
# Writes tests/oracles/invariance.json: answers of two or three groups by a fixed rule, and how each level fits.
suppressPackageStartupMessages(library(lavaan))
options(digits = 17)
set.seed(20240307)
source("tests/oracles/json.R")

drawn <- function(n, loading, cuts, mean = 0, spread = 1, shift = 0) {
  factor <- mean + spread * rnorm(n)
  one <- function(j) findInterval(loading[j] * factor + rnorm(n), cuts[[j]] + (j == 2) * shift) + 1
  as.data.frame(sapply(seq_along(loading), one))
}
# Thresholds and loadings free, equal, and equal with residual variances: theta, the first group standardised.
model <- function(k, steps, groups, level) {
  each <- function(name, first, fixed) paste0("c(", paste(c(first, rep(fixed, groups - 1)), collapse = ","), ")", name)
  same <- function(label) paste0("c(", paste(rep(label, groups), collapse = ","), ")")
  items <- paste0("v", 1:k)
  free <- level == "configural"
  c(paste("f =~", paste0("NA*v1 + ", paste0(if (free) "" else paste0(vapply(1:k, function(j) same(paste0("l", j)), ""), "*"), items, collapse = " + "))),
    if (!free) vapply(1:k, function(j) paste0("v", j, " | ", paste0(vapply(1:steps, function(t) same(paste0("t", j, "_", t)), ""), "*t", 1:steps, collapse = " + ")), ""),
    paste0("f ~~ ", each("*f", "1", if (free) "1" else "NA")), paste0("f ~ ", each("*1", "0", if (free) "0" else "NA")),
    vapply(items, function(v) paste0(v, " ~~ ", each(paste0("*", v), "1", if (level == "equal") "NA" else "1")), ""))
}
fitted <- function(data, k, steps, level) {
  groups <- length(unique(data$group))
  fit <- cfa(paste(model(k, steps, groups, level), collapse = "\n"), data = data, ordered = paste0("v", 1:k), group = "group",
             estimator = "DWLS", parameterization = "theta", optim.dx.tol = 1e-6)
  m <- fitMeasures(fit, c("chisq", "df", "baseline.chisq", "baseline.df", "cfi", "rmsea"))
  setNames(as.list(as.numeric(m)), c("chisq", "df", "baseline", "baseline_df", "cfi", "rmsea"))
}
judged <- function(...) {
  groups <- list(...)
  data <- do.call(rbind, lapply(seq_along(groups), function(g) cbind(groups[[g]], group = g)))
  k <- ncol(groups[[1]])
  names(data)[1:k] <- paste0("v", 1:k)
  steps <- max(data$v1) - 1
  plain <- cfa(paste("f =~", paste0("v", 1:k, collapse = " + ")), data = data, ordered = paste0("v", 1:k), group = "group", estimator = "DWLS")
  gamma <- lavInspect(plain, "gamma")
  list(answers = as.numeric(as.matrix(data[1:k])), items = k, group = data$group,
       gamma = diag(as.matrix(gamma[[1]])),
       configural = fitted(data, k, steps, "configural"), equal = fitted(data, k, steps, "equal"), strict = fitted(data, k, steps, "strict"))
}
four <- list(c(-1.5, -.5, .6, 1.8), c(-1.2, 0, .7, 1.9), c(-2, -1, 0, 1.2), c(-1.4, -.3, .3, 1.2))
three <- list(c(-.5, .8), c(-1, .4), c(0, 1), c(-.6, .9), c(-.2, 1.1))
result <- list(
  versions = c(R.version.string, paste("lavaan", packageVersion("lavaan"))),
  alike = judged(drawn(700, c(1.2, .9, .8, 1), four), drawn(500, c(1.2, .9, .8, 1), four, mean = .3, spread = 1.2)),
  shifted = judged(drawn(600, c(1.2, .9, .8, 1), four), drawn(600, c(1.2, .9, .8, 1), four, mean = .2, shift = .9)),
  three_groups = judged(drawn(400, c(1, .7, .9, 1.1, .8), three), drawn(300, c(1, .7, .9, 1.1, .8), three, mean = -.2),
                        drawn(350, c(1, .7, .9, .5, .8), three, spread = .8))
)
writeLines(json(result), "tests/oracles/invariance.json")
