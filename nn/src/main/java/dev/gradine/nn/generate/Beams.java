package dev.gradine.nn.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The open texts of a beam search and the complete ones. A step takes the K likeliest continuations of all open texts
/// together, K = B·max(2, 1 + number of ends). Those among the first B that are complete compete for the result; the B
/// likeliest of the others stay open. K is large enough that B are always left.
final class Beams {

    /// An open text.
    static final class Open {
        final int[] tokens;
        final double sum; // of log-probabilities
        final int from; // which of the open texts of the step before it continues

        Open(int[] tokens, double sum, int from) {
            this.tokens = tokens;
            this.sum = sum;
            this.from = from;
        }

        private Open then(int token, double logProb, int self) {
            int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
            longer[tokens.length] = token;
            return new Open(longer, sum + logProb, self);
        }

        int last() {
            return tokens[tokens.length - 1];
        }
    }

    /// Whether a text is complete.
    interface Completion {

        /// The text, if it is complete; null if it goes on.
        @Nullable
        Continuation of(int[] tokens);
    }

    private final BeamRule rule;
    private final int candidates;
    private final int longest;
    private final Completion completion;
    private List<Open> open = List.of(new Open(new int[0], 0, 0));
    private List<BeamSearch.Found> found = new ArrayList<>(); // best first

    /// @param ends number of tokens that end a text
    /// @param longest tokens of a text
    Beams(BeamRule rule, int ends, int longest, Completion completion) {
        this.rule = rule;
        this.longest = longest;
        this.completion = completion;
        candidates = rule.beams() * Math.max(2, 1 + ends);
    }

    List<Open> open() {
        return open;
    }

    List<BeamSearch.Found> found() {
        return found;
    }

    /// Whether nothing that may follow changes the result.
    boolean isOver() {
        return open.isEmpty() || (found.size() == rule.beams() && isSettled());
    }

    /// Goes on by a token.
    ///
    /// @param logProbs of the next token of each open text
    void step(List<float[]> logProbs) {
        List<Open> best = likeliest(logProbs);
        List<Open> next = new ArrayList<>();
        for (int i = 0; i < best.size(); i++) {
            Open text = best.get(i);
            Continuation complete = completion.of(text.tokens);
            if (complete == null && text.tokens.length == longest) complete = Continuation.cut(text.tokens);
            if (complete == null) {
                if (next.size() < rule.beams()) next.add(text);
            } else if (i < rule.beams()) {
                found.add(new BeamSearch.Found(complete, rule.score(text.sum, text.tokens.length)));
            }
        }
        found.sort(Comparator.comparingDouble(BeamSearch.Found::score).reversed());
        if (found.size() > rule.beams()) found = new ArrayList<>(found.subList(0, rule.beams()));
        open = next;
    }

    private List<Open> likeliest(List<float[]> logProbs) {
        List<Open> all = new ArrayList<>();
        for (int b = 0; b < open.size(); b++) {
            float[] own = logProbs.get(b);
            for (int t : LogProbs.largest(own, candidates)) all.add(open.get(b).then(t, own[t], b));
        }
        all.sort(Comparator.comparingDouble((Open each) -> each.sum).reversed());
        return all.subList(0, Math.min(candidates, all.size()));
    }

    /// Whether no open text will displace one that is complete.
    private boolean isSettled() {
        if (rule.patience() == BeamRule.Patience.FULL) return true;
        Open best = open.getFirst();
        double hoped = rule.score(best.sum, rule.comparedLength(best.tokens.length, longest));
        return hoped <= found.getLast().score();
    }
}
