package dev.gradine.train;

import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/// What a run minimises over the examples of its sources.
///
/// ```
/// L = L(rows that the recipe of the run learns from) + w · L(replayed rows of another kind)
/// ```
///
/// Each L is a mean over all that the step has of its kind, whatever the source. Metrics that say how good a model is
/// are told of each source, too, as `loss/NAME`; those of another kind in this way alone.
final class MixedObjective implements Objective<MixedSource.Example<?>> {

    private final Objective<?> own;
    private final List<MixedSource<?>> sources;
    private final List<String> told; // of each source

    /// @param sources the first is one that the recipe of the run learns from
    MixedObjective(List<MixedSource<?>> sources) {
        this.sources = List.copyOf(sources);
        own = sources.getFirst().objective();
        told = sources.stream()
                .flatMap(s -> s.objective().metrics().stream())
                .filter(Metric::hasDirection)
                .map(Metric::name)
                .toList();
    }

    @Override
    public double weight(MixedSource.Example<?> e) {
        return e.weight();
    }

    @Override
    public double work(MixedSource.Example<?> e) {
        return e.work();
    }

    @Override
    public String unit() {
        return own.unit();
    }

    @Override
    public List<Metric> metrics() {
        if (sources.size() == 1) return own.metrics();
        List<Metric> all = new ArrayList<>(List.of(own.metrics().getFirst()));
        for (MixedSource<?> s : sources) {
            s.objective().metrics().stream().filter(Metric::hasDirection).forEach(m -> all.add(m.of(s.name())));
        }
        all.addAll(own.metrics().subList(1, own.metrics().size())); // the last headline stays the last
        return all;
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return own.state();
    }

    @Override
    public Outcome forward(Step step, List<MixedSource.Example<?>> micro, double totalWeight) {
        return forward(step, micro.getFirst(), micro);
    }

    @SuppressWarnings("unchecked") // a micro-batch is of one source
    private <E> Outcome forward(Step step, MixedSource.Example<E> first, List<MixedSource.Example<?>> micro) {
        MixedSource<E> of = first.of();
        List<E> examples = micro.stream().map(e -> (E) e.example()).toList();
        Outcome o = of.objective().forward(step, examples, first.total());
        if (sources.size() == 1) return o;
        MeanMetrics all = new MeanMetrics();
        if (of.objective().equals(own)) all.add(o.metrics());
        all.add(o.metrics(), told, "/" + of.name());
        return new Outcome(of.factor() == 1 ? o.loss() : scale(o.loss(), (float) of.factor()), all);
    }
}
