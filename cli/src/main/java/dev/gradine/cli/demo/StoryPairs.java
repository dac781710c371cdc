package dev.gradine.cli.demo;

import dev.gradine.cli.demo.Storyteller.Story;
import dev.gradine.io.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/// Makes preference pairs out of a model's own stories: of several for each opening, each that holds to
/// the rule against one that does not.
///
/// That one is the nearest in length, or else the preference would be one for long stories. Stories the model did not
/// end are left out, since a pair ends both.
///
/// @param teller tells the stories
/// @param tries stories for each opening
/// @param seed of the first story
public record StoryPairs(Storyteller teller, int tries, long seed) {

    /// Two stories of one opening.
    ///
    /// @param chosen holds to the rule
    /// @param rejected does not
    public record Pair(String prompt, String chosen, String rejected) {

        /// A row of a preference data set.
        public String json() {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("prompt", prompt);
            row.put("chosen", chosen);
            row.put("rejected", rejected);
            return Json.line(row);
        }
    }

    /// The pairs; openings whose stories all hold to the rule, or none, give none.
    ///
    /// @param onOpening told how many openings are done
    public List<Pair> of(List<String> prompts, IntConsumer onOpening) {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            List<Story> told = new ArrayList<>();
            for (int t = 0; t < tries; t++) {
                Story s = teller.tell(prompts.get(i), seed + (long) i * tries + t);
                if (s.ended()) told.add(s);
            }
            pairs.addAll(pairs(told));
            onOpening.accept(i + 1);
        }
        return pairs;
    }

    /// Each story that holds to the rule with the one nearest to it in length that does not.
    static List<Pair> pairs(List<Story> told) {
        List<Pair> pairs = new ArrayList<>();
        for (Story good : told) {
            if (!SpeechRule.holds(good.text())) continue;
            told.stream()
                    .filter(s -> !SpeechRule.holds(s.text()))
                    .min(Comparator.comparingInt(
                            s -> Math.abs(s.text().length() - good.text().length())))
                    .ifPresent(bad -> pairs.add(new Pair(good.prompt(), good.text(), bad.text())));
        }
        return pairs;
    }
}
