package dev.gradine.eval.model;

import dev.gradine.tensor.kernel.SamplingParams;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How an answer is written and where it ends: `generation_kwargs` of a task.
///
/// @param until texts that end the answer and are not part of it; the model's own end ends it, too
/// @param maxTokens most tokens to write; 256 where a task does not say
/// @param params how tokens are drawn; the likeliest where a task does not say `do_sample: true`
public record GenerationRule(List<String> until, int maxTokens, SamplingParams params) {

    /// Copies the list.
    public GenerationRule {
        until = List.copyOf(until);
        if (maxTokens < 1) {
            throw new IllegalArgumentException("generation_kwargs: max_gen_toks is " + maxTokens + ", expected >= 1");
        }
    }

    /// The text before the first end in it, the ends looked for one after the other.
    public String cut(String text) {
        String kept = text;
        for (String end : until) {
            int at = end.isEmpty() ? -1 : kept.indexOf(end);
            if (at >= 0) kept = kept.substring(0, at);
        }
        return kept;
    }

    /// Whether one of the ends stands in a text.
    boolean isOver(CharSequence text) {
        String all = text.toString();
        return until.stream().anyMatch(end -> !end.isEmpty() && all.contains(end));
    }

    /// As a sample shows it.
    Map<String, Object> arguments() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("until", until);
        all.put("max_gen_toks", maxTokens);
        all.put("do_sample", !params.isGreedy());
        all.put("temperature", params.temperature());
        return all;
    }
}
