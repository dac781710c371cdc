package dev.gradine.peft;

import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;
import java.util.stream.IntStream;

/// Tokens that call an adapter, and the rows that it is called for: those from where these tokens occur for the last
/// time to the end of the sequence.
///
/// @param tokens ids
/// @param from position from which on rows are called for, or `IN_BATCH`
record Invocation(List<Integer> tokens, int from) {

    /// Each sequence is looked through.
    static final int IN_BATCH = -1;

    private static final int NOWHERE = Integer.MAX_VALUE;

    /// The same for the one sequence that begins with `prompt`, however it is cut.
    Invocation in(int[] prompt) {
        return new Invocation(tokens, last(prompt, 0, prompt.length));
    }

    /// Numbers of the rows it calls for, ascending.
    ///
    /// @throws IllegalStateException if the beginning of a sequence is not in the batch
    int[] rows(TokenBatch batch) {
        int[] positions = batch.positions();
        if (from != IN_BATCH) {
            return IntStream.range(0, positions.length)
                    .filter(i -> positions[i] >= from)
                    .toArray();
        }
        Sequences layout = batch.layout();
        int[] ids = batch.ids();
        return IntStream.range(0, layout.count())
                .flatMap(s -> {
                    requireWhole(layout, positions, s);
                    int end = layout.queryStart(s + 1);
                    return IntStream.range(Math.min(last(ids, layout.queryStart(s), end), end), end);
                })
                .toArray();
    }

    private static void requireWhole(Sequences layout, int[] positions, int s) {
        int start = layout.queryStart(s);
        boolean continues = layout.parent(s) >= 0 || (layout.queries(s) > 0 && positions[start] > 0);
        if (!continues) return;
        throw new IllegalStateException(
                "alora: sequence %d continues another one, expected whole sequences: its invocation may be in either"
                        .formatted(s));
    }

    /// Where the tokens occur for the last time in `ids[start, end)`.
    private int last(int[] ids, int start, int end) {
        for (int at = end - tokens.size(); at >= start; at--) if (isAt(ids, at)) return at;
        return NOWHERE;
    }

    private boolean isAt(int[] ids, int at) {
        for (int i = 0; i < tokens.size(); i++) if (ids[at + i] != tokens.get(i)) return false;
        return true;
    }
}
