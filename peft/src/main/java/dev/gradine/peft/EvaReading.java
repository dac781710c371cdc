package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Tensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;

/// What EVA reads: batches until every component that is used has settled, or there were enough of them.
///
/// A layer that has settled reads no more, unless it gets further ranks.
final class EvaReading {

    private final Eva eva;
    private final FromData.Lesson lesson;
    private final SequencedMap<Linear, Linear> first = new LinkedHashMap<>();
    private final Map<Linear, Pca> components = new LinkedHashMap<>();
    private final Map<Linear, double[]> cosines = new LinkedHashMap<>();
    private SequencedMap<Linear, Integer> ranks = new LinkedHashMap<>();
    private long tokens;
    private int batches;

    EvaReading(Eva eva, FromData.Lesson lesson) {
        this.eva = eva;
        this.lesson = lesson;
    }

    FromData.Outcome outcome() {
        first.putAll(lesson.readers());
        Set<Linear> open = new HashSet<>(first.values());
        while (batches < eva.batches() && !open.isEmpty()) {
            Set<Linear> reading = open;
            tokens += lesson.data()
                    .read(
                            batches++,
                            lesson.k(),
                            rows -> new InputWatch(reading, (_, _) -> {}, (l, x, pass) -> see(l, x, rows, pass)));
            ranks = EvaRanks.of(shares(), first, budget());
            open = open();
        }
        requireAllSeen();
        return result(open.size());
    }

    private void see(Linear layer, Var x, int[] labelled, Pass pass) {
        float[] rows = eva.rows(x, labelled, pass);
        int most = most(layer);
        if (rows.length < most * layer.in()) return; // fewer than components
        Pca pca = components.computeIfAbsent(layer, l -> new Pca(most, l.in()));
        cosines.put(layer, pca.add(rows, pass.tape().kernels()));
    }

    /// Most components of a layer, for itself and those that follow it.
    private int most(Linear leader) {
        int most = 0;
        for (var e : first.entrySet()) {
            if (e.getValue().equals(leader)) most = Math.max(most, eva.most(rank(e.getKey()), e.getKey()));
        }
        return most;
    }

    private int rank(Linear layer) {
        return lesson.lora().rank(layer.path());
    }

    private int budget() {
        return lesson.layers().stream().mapToInt(this::rank).sum();
    }

    private Map<Linear, double[]> shares() {
        Map<Linear, double[]> all = new LinkedHashMap<>();
        components.forEach((layer, pca) -> all.put(layer, pca.shares()));
        return all;
    }

    /// Layers with a component in use that has not settled, and those that are in step with them.
    private Set<Linear> open() {
        Set<Linear> open = new HashSet<>();
        first.forEach((layer, leader) -> {
            double[] last = cosines.getOrDefault(leader, new double[0]);
            int used = ranks.getOrDefault(leader, 0);
            boolean settled = last.length >= used;
            for (int i = 0; settled && i < used; i++) settled = last[i] >= eva.tau();
            if (!settled || !cosines.containsKey(leader)) open.add(leader);
        });
        return open;
    }

    private void requireAllSeen() {
        first.forEach((layer, leader) -> {
            Pca pca = components.get(leader);
            if (pca != null) return;
            throw new AdapterException(("init-lora-weights: eva: no batch has %d tokens that count for %s, as many as"
                            + " components; expected a larger --batch, or eva:use_label_mask=false")
                    .formatted(most(leader), layer.path()));
        });
    }

    private FromData.Outcome result(int unsettled) {
        Map<Linear, Tensor> values = new LinkedHashMap<>();
        SequencedMap<String, Integer> rankPattern = new LinkedHashMap<>();
        SequencedMap<String, Double> alphaPattern = new LinkedHashMap<>();
        Lora lora = lesson.lora();
        ranks.forEach((layer, r) -> {
            if (r == 0) return;
            Pca pca = Objects.requireNonNull(components.get(first.get(layer)));
            values.put(layer, lesson.kept(eva.components(pca, r, lesson.k())));
            if (r != rank(layer)) rankPattern.put(layer.path(), r);
            double alpha = lora.alpha(layer.path());
            if (r != rank(layer) && eva.adjustScalingFactors()) alphaPattern.put(layer.path(), alpha * r / rank(layer));
        });
        lora.patterns().rankPattern().forEach(rankPattern::putIfAbsent); // of embeddings, which have no inputs
        lora.patterns().alphaPattern().forEach(alphaPattern::putIfAbsent);
        return new FromData.Outcome(values, lora.with(new Lora.Patterns(rankPattern, alphaPattern)), told(unsettled));
    }

    private String told(int unsettled) {
        int least = ranks.values().stream().mapToInt(i -> i).min().orElse(0);
        int most = ranks.values().stream().mapToInt(i -> i).max().orElse(0);
        String rest = unsettled == 0
                ? ""
                : "; %d of %d inputs have not settled"
                        .formatted(unsettled, Set.copyOf(first.values()).size());
        return "eva read %s; ranks from %d to %d%s".formatted(FromData.read(tokens, batches), least, most, rest);
    }
}
