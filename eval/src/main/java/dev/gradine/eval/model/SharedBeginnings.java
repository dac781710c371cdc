package dev.gradine.eval.model;

import dev.gradine.data.encode.LabelledTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Joins groups that begin alike where that spares rows: items behind the same examples, say.
///
/// ```
/// rows of a group of sequences = c + Σ (length − c)          c tokens that all of them begin with
/// ```
///
/// A layout shares one beginning a group. Groups stay as they are where each shares more within itself
/// than all would share together; they become one where reading the common beginning once is cheaper.
/// Sequences keep their order.
final class SharedBeginnings {

    private final List<List<LabelledTokens>> groups = new ArrayList<>(); // done
    private int rows; // of these
    private Run last = Run.NONE;

    /// Sequences that begin alike.
    ///
    /// @param common tokens that all begin with
    /// @param tokens of all of them together
    private record Run(List<LabelledTokens> sequences, int common, int tokens) {

        static final Run NONE = new Run(List.of(), 0, 0);

        static Run of(List<LabelledTokens> group) {
            int[] first = group.getFirst().ids();
            int common = first.length;
            int tokens = 0;
            for (LabelledTokens l : group) {
                int differs = Arrays.mismatch(first, l.ids());
                if (differs >= 0) common = Math.min(common, differs);
                tokens += l.tokens();
            }
            return new Run(group, common, tokens);
        }

        int rows() {
            return common + tokens - sequences.size() * common;
        }

        Run and(Run next) {
            List<LabelledTokens> all = new ArrayList<>(sequences);
            all.addAll(next.sequences);
            int differs = Arrays.mismatch(
                    sequences.getFirst().ids(), next.sequences.getFirst().ids());
            int both = Math.min(common, next.common);
            return new Run(all, differs < 0 ? both : Math.min(both, differs), tokens + next.tokens);
        }
    }

    /// Rows there would be with another group.
    int rowsWith(List<LabelledTokens> group) {
        Run next = Run.of(group);
        return rows + joined(next).rows() + (joins(next) ? 0 : last.rows());
    }

    /// Adds a group.
    void add(List<LabelledTokens> group) {
        Run next = Run.of(group);
        if (!joins(next) && !last.sequences().isEmpty()) {
            groups.add(last.sequences());
            rows += last.rows();
        }
        last = joined(next);
    }

    private boolean joins(Run next) {
        return !last.sequences().isEmpty() && last.and(next).rows() <= last.rows() + next.rows();
    }

    private Run joined(Run next) {
        return joins(next) ? last.and(next) : next;
    }

    /// All groups as they were joined, their sequences in the order they came in.
    List<List<LabelledTokens>> groups() {
        List<List<LabelledTokens>> all = new ArrayList<>(groups);
        if (!last.sequences().isEmpty()) all.add(last.sequences());
        return all;
    }
}
