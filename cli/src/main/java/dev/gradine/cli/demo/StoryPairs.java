package dev.gradine.cli.demo;

import dev.gradine.cli.demo.Storyteller.Story;
import dev.gradine.io.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/// Makes preference pairs out of a model's own stories: several for each opening, one that holds to the rule against one
/// that does not.
///
/// Of all such pairs of an opening that one is taken whose two stories differ least in length, or else the preference
/// would be one for long stories. Stories the model did not end are left out, since a pair ends both.
///
/// @param teller tells the stories
/// @param tries stories for each opening
/// @param seed of the first story
public record StoryPairs(Storyteller teller, int tries, long seed) {

    /// A pair for one opening.
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
            pairs.addAll(closest(told));
            onOpening.accept(i + 1);
        }
        return pairs;
    }

    /// The pair of least difference in length, if there is any.
    static List<Pair> closest(List<Story> told) {
        List<Pair> best = List.of();
        int least = Integer.MAX_VALUE;
        for (Story good : told) {
            for (Story bad : told) {
                int difference = Math.abs(good.text().length() - bad.text().length());
                if (!SpeechRule.holds(good.text()) || SpeechRule.holds(bad.text()) || difference >= least) continue;
                least = difference;
                best = List.of(new Pair(good.prompt(), good.text(), bad.text()));
            }
        }
        return best;
    }
}
