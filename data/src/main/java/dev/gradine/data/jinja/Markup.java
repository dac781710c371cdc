package dev.gradine.data.jinja;

/// Text marked by the filter `safe`. Adding plain text to it escapes that text for HTML, even though nothing else is
/// ever escaped here; real templates rely on it, knowingly or not. Everywhere else it is its text.
///
/// @param text what it prints as
record Markup(String text) {

    static String escaped(Object v, Budget budget) {
        return v instanceof Markup m ? m.text : v instanceof String s ? escape(s, budget) : "";
    }

    static String escape(String s, Budget budget) {
        var out = new BoundedText(budget);
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '\'' -> out.append("&#39;");
                case '"' -> out.append("&#34;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /// The text of a marked value; any other value itself.
    static Object plain(Object v) {
        return v instanceof Markup m ? m.text : v;
    }
}
