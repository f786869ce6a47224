# Reference values of survey estimates: R survey. Run from the root: Rscript tests/oracles/design.R
# Writes tests/oracles/design.json: the data by a fixed rule, and what survey makes of it.
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust", digits = 17)
set.seed(20240304)

source("tests/oracles/json.R")

n <- 420
strata <- 7
d <- data.frame(stratum = sort(rep_len(1:strata, n)))
d$cluster <- cumsum(c(1, diff(d$stratum) != 0 | rep_len(c(1, 0, 1), n - 1) == 1))
# The last stratum keeps one sampling unit.
d$cluster[d$stratum == strata] <- max(d$cluster) + 1
d$domain <- rep_len(c(1, 2, 3, 3, 4, 5, 5, 5, 6, 7, 8), n)
d$domain[d$domain == 8 & d$stratum > 2] <- 7
d$weight <- round(rgamma(n, 4, 2) + 0.2, 3)
d$score <- round(pmin(10, pmax(0, rnorm(n, 5 + d$domain / 4 + d$stratum / 5, 2))), 2)
d$score[rep_len(c(FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, TRUE, FALSE, FALSE), n)] <- NA
d$answered <- as.numeric(!is.na(d$score))
d$says_yes <- as.numeric(d$score > 6.5)
# R multiplies what is outside a subset by nought, for which it must be a number.
d$score[d$answered == 0] <- 0
d$says_yes[d$answered == 0] <- 0
d$age <- rep_len(c(1, 2, 2, 3, 3, 3, 1, 2), n)
d$sex <- rep_len(c(1, 2, 2, 1, 2), n)
units <- tapply(d$cluster, d$stratum, function(c) length(unique(c)))
d$units_in_stratum <- as.numeric(units[d$stratum]) * c(3, 5, 4, 10, 8, 6, 9)[d$stratum]

estimates <- function(design, formula) {
  answered <- subset(design, d$answered == 1)
  found <- svyby(formula, ~domain, answered, svymean)
  freedom <- vapply(sort(unique(d$domain)), function(k) degf(subset(design, d$answered == 1 & d$domain == k)), 0)
  list(mean = found[[2]], se = found$se, freedom = freedom)
}
proportions <- function(design) {
  answered <- subset(design, d$answered == 1)
  one <- function(k) confint(svyciprop(~says_yes, subset(design, d$answered == 1 & d$domain == k), method = "beta"))
  both <- vapply(sort(unique(d$domain)), function(k) as.numeric(one(k)), c(0, 0))
  c(estimates(design, ~says_yes), list(lower = both[1, ], upper = both[2, ]))
}

# Variance within each domain, and by how much the mean of sex 1 lies above that of sex 2 there.
within <- function(design) {
  found <- lapply(sort(unique(d$domain)), function(k) svyvar(~score, subset(design, d$answered == 1 & d$domain == k)))
  list(variance = vapply(found, function(v) as.numeric(coef(v)), 0), se = vapply(found, function(v) as.numeric(SE(v)), 0))
}
apart <- function(design) {
  of_domain <- function(k) {
    fit <- svyglm(score ~ I(sex == 1), subset(design, d$answered == 1 & d$domain == k))
    c(coef(fit)[[2]], sqrt(vcov(fit)[2, 2]))
  }
  both <- vapply(c(3, 5, 7), of_domain, c(0, 0))
  list(domain = c(3, 5, 7), gap = both[1, ], se = both[2, ])
}

plain <- svydesign(ids = ~1, weights = ~weight, data = d)
clustered <- svydesign(ids = ~cluster, weights = ~weight, data = d)
stratified <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = d)
finite <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, fpc = ~units_in_stratum, data = d)
total <- sum(d$weight)
of_age <- c(0.30, 0.35, 0.35) * total
of_sex <- c(0.52, 0.48) * total
raked <- rake(stratified, list(~age, ~sex), list(data.frame(age = 1:3, Freq = of_age), data.frame(sex = 1:2, Freq = of_sex)),
              control = list(maxit = 500, epsilon = 1e-13))
calibrated <- calibrate(stratified, ~factor(age) + factor(sex),
                        c(total, of_age[2:3], of_sex[2]), calfun = "raking", epsilon = 1e-13, maxit = 500)

result <- list(
  versions = c(R.version.string, paste("survey", packageVersion("survey"))),
  data = as.list(d),
  plain = estimates(plain, ~score), stratified = estimates(stratified, ~score), finite = estimates(finite, ~score),
  clustered = estimates(clustered, ~score),
  within_plain = within(plain), within_clustered = within(clustered), within_stratified = within(stratified),
  apart_plain = apart(plain), apart_clustered = apart(clustered), apart_stratified = apart(stratified),
  shares = proportions(stratified), shares_plain = proportions(plain), shares_clustered = proportions(clustered),
  margins = list(age = of_age, sex = of_sex),
  raked = list(weight = weights(raked)),
  calibrated = c(list(weight = weights(calibrated)), estimates(calibrated, ~score))
)
writeLines(json(result), "tests/oracles/design.json")
