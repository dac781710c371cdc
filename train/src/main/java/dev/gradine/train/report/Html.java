package dev.gradine.train.report;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Pieces of the page. What is called `text` is data and gets escaped here; what is called `html` is markup
/// made here.
public final class Html {

    private Html() {}

    /// For element content and quoted attribute values.
    public static String text(String data) {
        return data.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /// JSON that may stand in a script element: no `<`, so neither its end tag nor a comment can begin in
    /// it, and none of the two line ends that JSON allows in a string and old JavaScript does not.
    static String json(String json) {
        return json.replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("&", "\\u0026")
                .replace("\u2028", "\\u2028")
                .replace("\u2029", "\\u2029");
    }

    /// A section with a heading; nothing where `html` is empty.
    public static String section(String id, String heading, String html) {
        if (html.isEmpty()) return "";
        return "<section id=\"" + id + "\"><h2>" + text(heading) + "</h2>\n" + html + "</section>\n";
    }

    /// Two columns, name and value; nothing where there are no rows.
    static String pairs(Map<String, String> rows) {
        if (rows.isEmpty()) return "";
        return rows.entrySet().stream()
                .map(e ->
                        "<tr><th scope=\"row\">" + text(e.getKey()) + "</th><td>" + text(e.getValue()) + "</td></tr>\n")
                .collect(Collectors.joining("", "<table class=\"pairs\"><tbody>\n", "</tbody></table>\n"));
    }

    /// A table with a heading for each column; the first column names the row.
    public static String table(List<String> headings, List<List<String>> rows) {
        String head = headings.stream()
                .map(h -> "<th scope=\"col\">" + text(h) + "</th>")
                .collect(Collectors.joining());
        String body = rows.stream().map(Html::row).collect(Collectors.joining());
        return "<table class=\"grid\"><thead><tr>" + head + "</tr></thead><tbody>\n" + body + "</tbody></table>\n";
    }

    private static String row(List<String> cells) {
        String rest =
                cells.stream().skip(1).map(c -> "<td>" + text(c) + "</td>").collect(Collectors.joining());
        return "<tr><th scope=\"row\">" + text(cells.getFirst()) + "</th>" + rest + "</tr>\n";
    }
}
