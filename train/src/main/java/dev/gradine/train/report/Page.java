package dev.gradine.train.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Pages made of a template with holes, such as `{{title}}`.
public final class Page {

    private static final Pattern HOLE = Pattern.compile("\\{\\{(\\w+)}}");

    private Page() {}

    /// The text of a resource.
    ///
    /// @param beside a class of the package it lies in
    public static String resource(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name)) {
            if (in == null)
                throw new IllegalStateException("report: resource " + name + " is missing from the program");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("report: resource " + name + " cannot be read", e);
        }
    }

    /// The template with its holes filled, in one pass, so that what looks like a hole in filled-in data stays text.
    public static String fill(String template, Map<String, String> parts) {
        return HOLE.matcher(template).replaceAll(hole -> {
            String part = parts.get(hole.group(1));
            if (part == null) throw new IllegalStateException("report: nothing for " + hole.group());
            return Matcher.quoteReplacement(part);
        });
    }
}
