//! Text that LaTeX prints as it stands.

/// Escapes what LaTeX gives a meaning, and spells signs that its default fonts lack.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' if rest.peek() == Some(&'%') => {
                rest.next();
                escaped.push_str("\\,\\%");
            }
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '−' => escaped.push_str("$-$"),
            '×' => escaped.push_str("$\\times$"),
            '–' => escaped.push_str("--"),
            '—' => escaped.push_str("---"),
            '≥' => escaped.push_str("$\\geq$"),
            '≤' => escaped.push_str("$\\leq$"),
            '±' => escaped.push_str("$\\pm$"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_print_as_they_stand() {
        assert_eq!(
            escape("5 % of $x_1^2 & ~\\"),
            "5\\,\\% of \\$x\\_1\\textasciicircum{}2 \\& \\textasciitilde{}\\textbackslash{}"
        );
        assert_eq!(escape("−3 ≤ x"), "$-$3 $\\leq$ x");
    }
}
