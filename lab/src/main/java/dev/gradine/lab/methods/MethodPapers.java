package dev.gradine.lab.methods;

import dev.gradine.peft.Method;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where a method's formula stands and whose it is, by the comment on top of its file.
///
/// @param root folder of the sources
public record MethodPapers(Path root) {

    private static final Pattern PAPER = Pattern.compile(
            "[A-Z][\\p{L}'-]+(?:(?:,? (?:& )?[A-Z][\\p{L}'-]+)*| et al\\.) \\d{4} \\([^()]*arXiv:[^()]*\\)");

    /// Path of the file from a page in a folder of the sources, such as `docs`.
    String file(Method m) {
        return "../" + path(m);
    }

    private static String path(Method m) {
        return "peft/src/main/java/" + m.getClass().getName().replace('.', '/') + ".java";
    }

    /// The papers that the comment on the class names; empty where it names none or the method is not of this project.
    String paper(Method m) {
        Path file = root.resolve(path(m));
        if (!Files.exists(file)) return "";
        try {
            String source = Files.readString(file);
            int end = source.indexOf("\npublic ");
            return papers(source.substring(0, end < 0 ? source.length() : end));
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
