# Writes lists of numbers and texts as JSON; what is unknown or infinite is null. Sourced by the other scripts.
number <- function(x) {
  out <- formatC(x, digits = 15, format = "g", width = -1)
  out[is.na(x) | is.nan(x)] <- "null"
  out[is.infinite(x)] <- "null"
  trimws(out)
}
json <- function(x) {
  if (is.list(x)) {
    body <- vapply(names(x), function(n) paste0('"', n, '": ', json(x[[n]])), "")
    return(paste0("{", paste(body, collapse = ",\n"), "}"))
  }
  if (is.character(x)) {
    quoted <- paste0('"', x, '"')
    return(if (length(x) == 1) quoted else paste0("[", paste(quoted, collapse = ", "), "]"))
  }
  if (length(x) == 1 && is.null(attr(x, "many"))) return(number(x))
  paste0("[", paste(number(as.numeric(x)), collapse = ", "), "]")
}
