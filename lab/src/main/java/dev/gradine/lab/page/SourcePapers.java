package dev.gradine.lab.page;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where a formula stands and whose it is, by the comment on top of its file.
///
/// @param root folder of the sources
public record SourcePapers(Path root) {

    private static final Pattern PAPER = Pattern.compile(
            "[A-Z][\\p{L}'-]+(?:(?:,? (?:& )?[A-Z][\\p{L}'-]+)*| et al\\.) \\d{4} \\([^()]*arXiv:[^()]*\\)");

    /// A row of a table: a name, a link to the file from a page in a folder of the sources, and the papers.
    public String row(String name, Class<?> formula) {
        return "| %s | [%s.java](../%s) | %s |".formatted(name, formula.getSimpleName(), path(formula), paper(formula));
    }

    /// Classes lie in the module of their package's third part.
    private static String path(Class<?> c) {
        String module = c.getPackageName().split("\\.", -1)[2];
        return module + "/src/main/java/" + c.getName().replace('.', '/') + ".java";
    }

    /// The papers that the comment on the class names; empty where it names none or the class is not of this project.
    public String paper(Class<?> c) {
        Path file = root.resolve(path(c));
        if (!Files.exists(file)) return "";
        try {
            String source = Files.readString(file);
            Matcher type = Pattern.compile("^(public |record |final )", Pattern.MULTILINE)
                    .matcher(source);
            return papers(type.find() ? source.substring(0, type.start()) : source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Each paper once, in order.
    static String papers(String comment) {
        Matcher m = PAPER.matcher(comment.replaceAll("\\s*\\n///\\s*", " "));
        Set<String> all = new LinkedHashSet<>();
        while (m.find()) all.add(m.group());
        return String.join("; ", all);
    }
}
