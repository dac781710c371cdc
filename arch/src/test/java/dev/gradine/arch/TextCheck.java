package dev.gradine.arch;

import com.sun.source.tree.ImportTree;
import dev.gradine.arch.Parser.Parsed;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What the syntax tree does not show or shows at once: line width, comments, imports and the package's name.
final class TextCheck {

    private static final Pattern OPEN_END = Pattern.compile("\\b(TODO|FIXME)\\b(?!\\s*\\(?#\\d+)");
    private static final Pattern CODE_END = Pattern.compile("(?s).*[;{}]");
    private static final Pattern JUNK_DRAWER = Pattern.compile("(^|.*\\.)(util|utils|impl|common)($|\\..*)");

    private TextCheck() {}

    static List<Finding> check(Parsed file) {
        List<Finding> findings = new ArrayList<>();
        widths(file.source(), findings);
        List<Comment> comments = Comment.in(file.source().text());
        comments.forEach(c -> openEnd(file.source(), c, findings));
        code(file.source(), comments, findings);
        imports(file, findings);
        if (JUNK_DRAWER.matcher(file.packageName()).matches()) {
            findings.add(
                    new Finding(file.source().path(), 1, "package", file.packageName() + " is named after no subject"));
        }
        return findings;
    }

    private static void widths(Source source, List<Finding> findings) {
        List<String> lines = source.lines();
        for (int i = 0; i < lines.size(); i++) {
            int width = lines.get(i).codePointCount(0, lines.get(i).length());
            if (width <= Limits.LINE_WIDTH) continue;
            findings.add(
                    new Finding(source.path(), i + 1, "line", width + " characters, expected <= " + Limits.LINE_WIDTH));
        }
    }

    private static void openEnd(Source source, Comment comment, List<Finding> findings) {
        if (!OPEN_END.matcher(comment.text()).find()) return;
        findings.add(new Finding(source.path(), comment.line(), "open end", "names no issue: " + comment.text()));
    }

    /// Prose does not parse as Java; a comment that ends like a statement and does, is code. Lines that
    /// follow each other are also read as one, for a statement of several lines.
    private static void code(Source source, List<Comment> comments, List<Finding> findings) {
        List<Comment> candidates = comments.stream().filter(c -> !c.doc()).toList();
        Comment block = new Comment(-1, "", false);
        for (Comment next : candidates) {
            boolean follows = next.line() == block.line() + block.text().lines().count();
            block = follows ? new Comment(block.line(), block.text() + "\n" + next.text(), false) : next;
            Comment shown = isCode(next.text()) ? next : block;
            if (!isCode(shown.text())) continue;
            String text = shown.text().replace('\n', ' ');
            findings.add(new Finding(source.path(), shown.line(), "commented-out code", text));
            block = new Comment(-1, "", false);
        }
    }

    /// Half a statement counts too: the opening or closing line of a block that was commented out line by line.
    private static boolean isCode(String text) {
        if (!CODE_END.matcher(text).matches()) return false;
        return Parser.isStatements(text) || Parser.isStatements(text + " }") || Parser.isStatements("{ " + text);
    }

    private static void imports(Parsed file, List<Finding> findings) {
        for (ImportTree line : file.tree().getImports()) {
            String name = line.getQualifiedIdentifier().toString();
            if (!name.endsWith(".*")) continue;
            long at = file.line(file.positions().getStartPosition(file.tree(), line));
            findings.add(new Finding(file.source().path(), at, "import", name + ", expected single names"));
        }
    }
}
