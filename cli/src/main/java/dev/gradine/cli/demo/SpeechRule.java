package dev.gradine.cli.demo;

import java.util.regex.Pattern;

/// The preference of the demo, as a rule that a program can judge by: somebody in the story speaks.
///
/// A story holds to it if it has a word between two `"`.
public final class SpeechRule {

    private static final Pattern SPEECH = Pattern.compile("\"[^\"]*[A-Za-z]{2}[^\"]*\"");

    private SpeechRule() {}

    /// Whether somebody speaks in `story`.
    public static boolean holds(String story) {
        return SPEECH.matcher(story).find();
    }
}
