package dev.gradine.data.jinja;

/// Text marked by the filter `safe`. Adding plain text to it escapes that text for HTML, even though nothing else is
/// ever escaped here; real templates rely on it, knowingly or not. Everywhere else it is its text.
///
/// @param text what it prints as
record Markup(String text) {

    static Markup join(Object left, Object right) {
        return new Markup(escaped(left) + escaped(right));
    }

    static String escaped(Object v) {
        return v instanceof Markup m ? m.text : v instanceof String s ? escape(s) : "";
    }

    static String escape(String s) {
        return s.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    /// The text of a marked value; any other value itself.
    static Object plain(Object v) {
        return v instanceof Markup m ? m.text : v;
    }
}
