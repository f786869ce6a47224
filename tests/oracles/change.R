# Reference values of change between waves: R survey. Run from the root: Rscript tests/oracles/change.R
# Everybody answers twice in `panel`: then the difference is one of influences per sampling unit, in one design.
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust", digits = 17)
set.seed(20240306)
source("tests/oracles/json.R")

n <- 360
d <- data.frame(person = 1:n, stratum = sort(rep_len(1:5, n)))
d$cluster <- cumsum(c(1, diff(d$stratum) != 0 | rep_len(c(1, 0, 1), n - 1) == 1))
d$domain <- rep_len(c(1, 2, 3, 3, 4, 4, 4), n)
d$weight_before <- round(rgamma(n, 4, 2) + 0.2, 3)
d$weight_after <- round(d$weight_before * runif(n, 0.7, 1.4), 3)
own <- rnorm(n)
d$before <- round(pmin(10, pmax(0, 5 + d$domain / 4 + 1.2 * own + rnorm(n))), 2)
d$after <- round(pmin(10, pmax(0, 5.3 + d$domain / 4 + 1.2 * own + rnorm(n))), 2)
units <- tapply(d$cluster, d$stratum, function(c) length(unique(c)))
d$units_in_stratum <- as.numeric(units[d$stratum]) * c(3, 5, 4, 10, 8)[d$stratum]

long <- rbind(
  data.frame(d[c("person", "stratum", "cluster", "domain", "units_in_stratum")], wave = 1, weight = d$weight_before, y = d$before),
  data.frame(d[c("person", "stratum", "cluster", "domain", "units_in_stratum")], wave = 2, weight = d$weight_after, y = d$after))
differences <- function(design) {
  both <- svyby(~y, ~domain + wave, design, svymean, covmat = TRUE)
  k <- length(unique(d$domain))
  found <- lapply(1:k, function(i) { w <- rep(0, 2 * k); w[i] <- -1; w[k + i] <- 1; svycontrast(both, w) })
  list(difference = vapply(found, function(x) as.numeric(coef(x)), 0), se = vapply(found, function(x) as.numeric(SE(x)), 0))
}
apart <- function(y, weight) {
  design <- svydesign(ids = ~cluster, strata = ~stratum, weights = weight, data = d)
  svyby(y, ~domain, design, svymean)
}
first <- apart(~before, ~weight_before)
second <- apart(~after, ~weight_after)

result <- list(
  versions = c(R.version.string, paste("survey", packageVersion("survey"))),
  data = as.list(d),
  panel = differences(svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = long)),
  panel_finite = differences(svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, fpc = ~units_in_stratum, data = long)),
  independent = list(difference = second$after - first$before, se = sqrt(first$se^2 + second$se^2))
)
writeLines(json(result), "tests/oracles/change.json")
