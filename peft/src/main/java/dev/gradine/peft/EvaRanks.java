package dev.gradine.peft;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// How EVA shares out ranks: to the components that explain most, wherever they are.
///
/// ```
/// r_l = #{ i : share_l,i is one of the Σ r largest of all layers }
/// ```
///
/// Paischer et al. 2024 (arXiv:2410.07170), section 3.3. Layers that read the same have the same shares; the first of
/// them gets the most ranks of them, as in PEFT.
final class EvaRanks {

    private EvaRanks() {}

    private record Component<L>(L layer, double share) {}

    /// Ranks by layer; some may be 0.
    ///
    /// @param shares of the variance, by the layer that its components are of
    /// @param first the layer whose components each layer has, itself or another
    /// @param budget sum of all ranks
    static <L> SequencedMap<L, Integer> of(Map<L, double[]> shares, SequencedMap<L, L> first, int budget) {
        List<Component<L>> all = new ArrayList<>();
        for (boolean own : new boolean[] {true, false}) { // of equal ones those of first layers come first
            first.forEach((layer, leader) -> {
                if (layer.equals(leader) != own) return;
                double[] values = shares.get(leader);
                for (double share : values == null ? new double[0] : values) all.add(new Component<>(layer, share));
            });
        }
        all.sort(Comparator.comparingDouble(c -> -c.share()));
        SequencedMap<L, Integer> ranks = new LinkedHashMap<>();
        first.keySet().forEach(layer -> ranks.put(layer, 0));
        all.stream().limit(budget).forEach(c -> ranks.merge(c.layer(), 1, Integer::sum));
        first.forEach((layer, leader) -> {
            int own = ranks.getOrDefault(layer, 0);
            int leading = ranks.getOrDefault(leader, 0);
            ranks.put(leader, Math.max(own, leading));
            if (!layer.equals(leader)) ranks.put(layer, Math.min(own, leading));
        });
        return ranks;
    }
}
