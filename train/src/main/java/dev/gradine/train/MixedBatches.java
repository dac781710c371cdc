package dev.gradine.train;

import dev.gradine.data.MadeList;
import dev.gradine.optim.Batches;
import dev.gradine.optim.Objective;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What each step takes of the sources of a run: micro-batches of one source each, one source after the other.
///
/// @param sources in the order of the run
record MixedBatches(List<MixedSource<?>> sources) implements Batches<MixedSource.Example<?>> {

    @Override
    public List<List<MixedSource.Example<?>>> step(int step) {
        List<Drawn<?>> drawn = new ArrayList<>();
        IdentityHashMap<Objective<?>, Double> totals = new IdentityHashMap<>();
        for (MixedSource<?> s : sources) {
            Drawn<?> d = Drawn.of(s, step);
            drawn.add(d);
            totals.merge(s.objective(), d.weight(), Double::sum);
        }
        List<List<MixedSource.Example<?>>> micros = new ArrayList<>();
        for (Drawn<?> d : drawn) micros.addAll(d.known(totals.getOrDefault(d.of().objective(), 0.0)));
        return micros;
    }

    /// What a step takes of one source.
    private record Drawn<E>(MixedSource<E> of, List<List<E>> micros) {

        static <E> Drawn<E> of(MixedSource<E> source, int step) {
            return new Drawn<>(source, source.batches().step(step));
        }

        double weight() {
            return MixedSource.weight(of.objective(), micros);
        }

        List<List<MixedSource.Example<?>>> known(double total) {
            return micros.stream().map(micro -> of.known(micro, total)).toList();
        }
    }

    @Override
    public double epochAfter(int step) {
        return sources.getFirst().batches().epochAfter(step);
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> all = new LinkedHashMap<>();
        boolean isOne = sources.size() == 1;
        for (MixedSource<?> s : sources) {
            s.batches().state().forEach((name, t) -> all.put(isOne ? name : s.name() + "." + name, t));
        }
        return all;
    }

    /// The batches that are measured and not learnt from, source after source.
    List<List<MixedSource.Example<?>>> held() {
        int size = sources.stream().mapToInt(s -> s.held().size()).sum();
        return MadeList.of(size, this::held);
    }

    private List<MixedSource.Example<?>> held(int index) {
        int left = index;
        for (MixedSource<?> s : sources) {
            if (left < s.held().size()) return held(s, left);
            left -= s.held().size();
        }
        throw new IndexOutOfBoundsException(index);
    }

    private static <E> List<MixedSource.Example<?>> held(MixedSource<E> source, int number) {
        List<E> batch = source.held().get(number);
        return source.known(batch, MixedSource.weight(source.objective(), List.of(batch)));
    }
}
