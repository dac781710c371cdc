package dev.gradine.align;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How a judge is asked: a model behind a URL, or one on this machine.
///
/// @param judgeName its name at its URL
/// @param judgeKeyEnv environment variable with the key of that URL
/// @param judgeTimeout longest wait for an answer from there, in seconds
/// @param judgeChatTemplate of one on this machine, in place of its own
/// @param judgePrompts file of what it is asked with
public record JudgeSettings(
        @Option(says = "The judge's name at its URL.", label = "NAME", group = "Judge") @Nullable
        String judgeName,

        @Option(
                says = "Environment variable that holds the key of the judge's URL.",
                label = "VARIABLE",
                group = "Judge",
                otherwise = USUAL_KEY,
                free = true)
        @Nullable
        String judgeKeyEnv,

        @Option(
                says = "Longest wait for one answer from the judge's URL.",
                label = "SECONDS",
                group = "Judge",
                least = 1,
                free = true)
        @Usual(
                from = 10,
                to = 600,
                why = "a reason of a few hundred words takes tens of seconds",
                source = "OpenAI's client: 600 s")
        int judgeTimeout,

        @Option(
                says = "Template for conversations of a judge on this machine in place of its own.",
                label = "NAME|FILE",
                group = "Judge")
        @Nullable
        String judgeChatTemplate,

        @Option(
                says = "What the judge is asked with, as MT-Bench's judge_prompts.jsonl.",
                label = "FILE",
                group = "Judge",
                otherwise = "our own words")
        @Nullable
        Path judgePrompts) {

    private static final String USUAL_KEY = "OPENAI_API_KEY";

    /// Sixty seconds for an answer.
    public static JudgeSettings defaults() {
        return new JudgeSettings(null, null, 60, null, null);
    }

    /// Where the key of the judge's URL is.
    public String keyVariable() {
        return judgeKeyEnv == null ? USUAL_KEY : judgeKeyEnv;
    }

    /// Fails if something is missing, or given that the judge has no use for.
    ///
    /// @param isUrl whether the judge is behind a URL
    public void requireFit(boolean isUrl) {
        if (isUrl && judgeName == null) {
            throw new IllegalArgumentException("judge-name: is missing, expected the judge's name at its URL");
        }
        if (isUrl && judgeChatTemplate != null) {
            throw new IllegalArgumentException(
                    "judge-chat-template: %s, expected none (because the judge is behind a URL)"
                            .formatted(judgeChatTemplate));
        }
        boolean forUrl = judgeName != null || judgeKeyEnv != null || judgeTimeout != defaults().judgeTimeout;
        if (!isUrl && forUrl) {
            throw new IllegalArgumentException(
                    "judge-name, judge-key-env, judge-timeout: expected none (because the judge is behind no URL)");
        }
    }
}
