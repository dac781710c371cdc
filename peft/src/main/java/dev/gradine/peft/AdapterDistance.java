package dev.gradine.peft;

import dev.gradine.nn.Site;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/// How far what an adapter adds to a weight lies from what it should be.
///
/// ```
/// ‖ΔW′ − ΔW‖ / ‖ΔW‖        Frobenius norms
/// ```
///
/// @param path of the place
/// @param difference `‖ΔW′ − ΔW‖`
/// @param size `‖ΔW‖`
public record AdapterDistance(String path, double difference, double size) {

    /// As a share of the size; of nothing, 0 or infinite.
    public double relative() {
        return size > 0 ? difference / size : difference > 0 ? Double.POSITIVE_INFINITY : 0;
    }

    /// Of all places together.
    public static AdapterDistance total(List<AdapterDistance> each) {
        double difference = 0;
        double size = 0;
        for (AdapterDistance d : each) {
            difference += d.difference * d.difference;
            size += d.size * d.size;
        }
        return new AdapterDistance("all", Math.sqrt(difference), Math.sqrt(size));
    }

    /// Of `made` from `expected`, at every place where one of them acts.
    public static List<AdapterDistance> between(AdapterSet expected, AdapterSet made, Kernels run) {
        SequencedMap<AdapterSet, Double> one = new LinkedHashMap<>();
        one.put(expected, 1.0);
        return fromSum(one, made, run);
    }

    /// Of `made` from a weighted sum.
    public static List<AdapterDistance> fromSum(
            SequencedMap<AdapterSet, Double> expected, AdapterSet made, Kernels run) {
        Set<Site> places = new LinkedHashSet<>();
        for (AdapterSet set : expected.keySet()) places.addAll(set.adapters().keySet());
        places.addAll(made.adapters().keySet());
        List<AdapterDistance> all = new ArrayList<>();
        for (Site site : places) {
            try (Kernels k = run.openStep()) {
                Tensor sum = k.zeros(Merge.weight(site).shape());
                expected.forEach((set, w) -> addDelta(set, site, w, sum, k));
                double size = Math.sqrt(k.reduce().sumOfSquares(sum));
                addDelta(made, site, -1, sum, k);
                all.add(new AdapterDistance(site.path(), Math.sqrt(k.reduce().sumOfSquares(sum)), size));
            }
        }
        return all;
    }

    /// `sum ← sum + w (W′ − W)`
    private static void addDelta(AdapterSet set, Site site, double w, Tensor sum, Kernels k) {
        Adapter a = set.adapter(site);
        if (a == null) return;
        if (!set.method().merges()) Merge.requireMergeable(set);
        Tensor merged = k.empty(sum.shape());
        Tensor base = k.empty(sum.shape());
        k.copy(set.at(Merge.weight(site)).value(), merged);
        k.copy(merged, base);
        Tensor changed = a.merged(merged, k);
        k.elementwise().axpy(-1, base, changed);
        k.elementwise().axpy((float) w, changed, sum);
    }
}
