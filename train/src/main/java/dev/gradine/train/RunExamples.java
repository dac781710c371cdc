package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.align.Sft;
import dev.gradine.data.MadeList;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.train.report.RunInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// All examples of a run, source by source.
///
/// @param own those that the recipe of the run learns from
/// @param others replayed ones of another kind, which are learnt as fine-tuning does: of one source, or none
record RunExamples<E>(List<SourceExamples<E>> own, List<SourceExamples<LabelledTokens>> others) {

    /// The rows of a run as examples.
    ///
    /// @throws dev.gradine.data.DataException if a row is of no use to the recipe
    static <E> RunExamples<E> of(Recipe<E> recipe, TrainingData data, Encoding encoding) {
        List<SourceExamples<E>> own = new ArrayList<>();
        List<SourceExamples<LabelledTokens>> others = new ArrayList<>();
        for (TrainingData.Source s : data.sources()) {
            if (s.isReplay() && !(recipe instanceof Sft) && !encoding.suits(recipe, s)) {
                others.add(encoding.part(Sft.defaults(), s));
            } else {
                own.add(encoding.part(recipe, s));
            }
        }
        return new RunExamples<>(own, others);
    }

    /// Those that the recipe of the run learns from.
    List<E> train() {
        return joined(own.stream().map(SourceExamples::train).toList());
    }

    /// What is read of all of them: those that are trained on, then those held out, of each source.
    List<List<LabelledTokens>> sequences() {
        return joined(Stream.concat(own.stream(), others.stream())
                .map(part -> read(part))
                .toList());
    }

    /// What is read of those that are compared with a reference, if any are.
    List<List<LabelledTokens>> compared() {
        return joined(own.stream().map(part -> read(part)).toList());
    }

    private static <E> List<List<LabelledTokens>> read(SourceExamples<E> part) {
        List<E> all = joined(List.of(part.train(), part.evalSet()));
        var read = MadeList.of(all.size(), i -> part.recipe().sequences(all.get(i)));
        return all instanceof MadeList<E> ? read : List.copyOf(read);
    }

    /// One list behind the other, held only where all of them are.
    private static <T> List<T> joined(List<List<T>> parts) {
        List<List<T>> full = parts.stream().filter(p -> !p.isEmpty()).toList();
        if (full.size() == 1) return full.getFirst();
        if (full.stream().noneMatch(p -> p instanceof MadeList<T>)) {
            return full.stream().flatMap(List::stream).toList();
        }
        int size = full.stream().mapToInt(List::size).sum();
        return MadeList.of(size, i -> at(full, i));
    }

    private static <T> T at(List<List<T>> parts, int index) {
        int left = index;
        for (List<T> p : parts) {
            if (left < p.size()) return p.get(left);
            left -= p.size();
        }
        throw new IndexOutOfBoundsException(index);
    }

    /// What is told of them in the report of the run.
    RunInfo.Data about(List<String> files) {
        int train = 0;
        int held = 0;
        long tokens = 0;
        for (SourceExamples<?> part :
                Stream.concat(own.stream(), others.stream()).toList()) {
            train += part.train().size();
            held += part.evalSet().size();
            tokens += tokens(part);
        }
        return new RunInfo.Data(files, train, held, tokens);
    }

    private static <E> long tokens(SourceExamples<E> part) {
        return part.train().stream().mapToLong(part.recipe()::tokens).sum();
    }
}
