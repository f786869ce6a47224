# Reference values of the example survey, from its files as they are delivered: R survey, metafor, psych and lavaan.
# Run by `make oracles`, or from the root: Rscript tests/oracles/example.R <folder of voorbeeldstad>
# Writes tests/oracles/example.json, with the SHA-256 of the files it is about.
suppressPackageStartupMessages({library(survey); library(metafor); library(psych); library(lavaan)})
options(survey.lonely.psu = "adjust", digits = 17)
source("tests/oracles/json.R")
folder <- commandArgs(trailingOnly = TRUE)[1]
read <- function(name) read.csv2(file.path(folder, name), fileEncoding = "UTF-8")
sha256 <- function(name) sub(" .*", "", system2("sha256sum", file.path(folder, name), stdout = TRUE))

d <- read("enquete.csv")
codebook <- read("codeboek.csv")
frame <- read("steekproef.csv")
margins <- read("marges.csv")
d <- d[order(d$respondent), ]

# Answers turned one way, from 0 to 1; the code for "don't know" is no answer.
item <- function(name) {
  told <- codebook[codebook$item == name, ]
  x <- d[[name]]
  x[!is.na(x) & !is.na(told$weet_niet) & x == told$weet_niet] <- NA
  u <- (x - told$laagste) / (told$hoogste - told$laagste)
  if (told$omgekeerd == "ja") 1 - u else u
}
scale_of <- function(items) {
  u <- sapply(items, item)
  answered <- rowSums(!is.na(u))
  ifelse(answered >= ceiling(0.6 * length(items) - 1e-9), 10 * rowMeans(u, na.rm = TRUE), NA)
}
scales <- list(m1_contact = c("v1", "v2", "v3", "v4"), m2_network = c("v5", "v6", "v13"),
               ctx_identification = c("v11", "v18", "v19"))

# Weights: people over who were asked, times asked over answered; raked to ages.
row <- match(d$stratum, frame$stratum)
d$inwoners <- frame$inwoners[row]
answered <- as.numeric(table(d$stratum)[d$stratum])
d$base <- d$inwoners / frame$gevraagd[row] * frame$gevraagd[row] / answered
bounds <- strsplit(margins$categorie, "-")
class_of <- function(age) which(vapply(bounds, function(b) age >= as.numeric(b[1]) && age <= as.numeric(b[2]), TRUE))
d$class <- vapply(d$leeftijd, class_of, 0L)
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~base, fpc = ~inwoners, data = d)
target <- data.frame(class = seq_along(bounds), Freq = margins$inwoners / sum(margins$inwoners) * sum(d$base))
# As calibrate() with raking: rake() reckons the variance from sweep after sweep, which calibrate() does not.
raked <- calibrate(design, ~factor(class), c(sum(target$Freq), target$Freq[-1]), calfun = "raking", epsilon = 1e-13, maxit = 200)

d$buurt <- d$buurtcode
d$wijk <- sub("BU", "WK", substr(d$buurtcode, 1, 8))
d$gemeente <- sub("BU", "GM", substr(d$buurtcode, 1, 6))
of_scale <- function(name) {
  score <- scale_of(scales[[name]])
  known <- !is.na(score)
  score[!known] <- 0
  full <- update(raked, score = score, buurt = d$buurt, wijk = d$wijk, gemeente = d$gemeente)
  by <- function(level) {
    found <- svyby(~score, reformulate(level), subset(full, known), svymean)
    w <- weights(raked)[known]
    area <- d[[level]][known]
    list(code = as.character(found[[1]]), mean = found$score, se = found$se, respondents = as.numeric(table(area)[as.character(found[[1]])]),
         effective = vapply(as.character(found[[1]]), function(k) sum(w[area == k])^2 / sum(w[area == k]^2), 0))
  }
  found <- list(buurt = by("buurt"), wijk = by("wijk"), gemeente = by("gemeente"))
  # Areas of ten or more; variances made steady: log D = a + b log n, with the mean of the variances kept.
  b <- as.data.frame(found$buurt)
  b <- b[b$respondents >= 10, ]
  used <- b$effective >= 10
  slope <- coef(lm(log(b$se[used]^2) ~ log(b$effective[used])))[2]
  if (slope >= 0) slope <- -1
  shape <- b$effective^slope
  variance <- shape * sum(b$se[used]^2) / sum(shape[used])
  model <- rma(yi = b$mean, vi = variance, method = "REML", control = list(threshold = 1e-14, maxiter = 1000))
  best <- blup(model)
  # One factor behind ordered answers, of who answered all items.
  u <- as.data.frame(sapply(scales[[name]], item))
  u <- u[complete.cases(u), ]
  ordered <- as.data.frame(lapply(u, function(x) as.numeric(factor(x))))
  a <- psych::alpha(u, check.keys = FALSE, warnings = FALSE)
  behind <- unclass(lavCor(ordered, ordered = names(ordered), output = "cor"))
  factor_fit <- cfa(paste("f =~", paste(names(ordered), collapse = " + ")), data = ordered, ordered = names(ordered),
                    std.lv = TRUE, estimator = "ULS", optim.dx.tol = 1e-7)
  loading <- as.numeric(inspect(factor_fit, "est")$lambda)
  c(found, list(
    model = list(code = as.character(b$code), variance = variance, beta = as.numeric(model$beta), sigma2 = model$tau2,
                 estimate = as.numeric(best$pred), g1_g2 = as.numeric(best$se)^2),
    reliability = list(alpha = a$total$raw_alpha, mean_r = a$total$average_r,
                       ordinal_alpha = psych::alpha(behind, check.keys = FALSE, warnings = FALSE)$total$raw_alpha,
                       omega = sum(loading)^2 / (sum(loading)^2 + sum(1 - loading^2)))))
}

files <- c("enquete.csv", "codeboek.csv", "steekproef.csv", "marges.csv")
result <- list(
  versions = c(R.version.string, vapply(c("survey", "metafor", "psych", "lavaan"), function(p) paste(p, packageVersion(p)), "")),
  files = setNames(lapply(files, sha256), files),
  respondents = as.character(d$respondent),
  weight = as.numeric(weights(raked) / mean(weights(raked))),
  scales = setNames(lapply(names(scales), of_scale), names(scales))
)
writeLines(json(result), "tests/oracles/example.json")
