package dev.gradine.train.report;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the pages about runs have in common: style, charts and their program, and the policy that lets only
/// the two programs run whose SHA-256 it names.
public final class Frame {

    private static final String NO_NETWORK = "";

    private Frame() {}

    /// A page that speaks with nobody.
    ///
    /// @param holes `title`, `head`, `figures`, `curves`, `sections`, `version`, `foot` as markup, `data`
    ///     as JSON
    /// @param programs what draws it
    static String page(Map<String, String> holes, List<String> programs) {
        return filled(holes, NO_NETWORK, programs);
    }

    /// A page that may ask the server it comes from.
    public static String connected(Map<String, String> holes, List<String> programs) {
        return filled(holes, " connect-src 'self';", programs);
    }

    /// A page that runs no program at all.
    ///
    /// @param kind what it is a page of, such as `Pipeline`
    /// @param title as markup, as is `main`
    public static String still(String kind, String title, String main) {
        Map<String, String> holes =
                Map.of("kind", kind, "title", title, "main", main.strip(), "style", resource("report.css"));
        return Page.fill(resource("still.html"), holes);
    }

    /// The program that draws charts, before which comes no other.
    public static String charts() {
        return resource("charts.js");
    }

    private static String filled(Map<String, String> holes, String connects, List<String> programs) {
        String uplot = resource("uPlot.iife.min.js").strip();
        String program = String.join("\n", programs);
        Map<String, String> all = new HashMap<>(holes);
        all.put("policy", policy(connects, uplot, program));
        all.put("licence", resource("uPlot.LICENSE.txt").strip());
        all.put("style", resource("uPlot.min.css") + "\n" + resource("report.css"));
        all.put("uplot", uplot);
        all.put("program", program);
        return Page.fill(resource("report.html"), all);
    }

    private static String policy(String connects, String... programs) {
        StringBuilder allowed = new StringBuilder();
        for (String program : programs)
            allowed.append(" 'sha256-").append(sha256(program)).append("'");
        return "default-src 'none'; style-src 'unsafe-inline';" + connects
                + " base-uri 'none'; form-action 'none'; script-src" + allowed;
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("report: this Java has no SHA-256", e);
        }
    }

    static String resource(String name) {
        return Page.resource(Frame.class, name);
    }
}
