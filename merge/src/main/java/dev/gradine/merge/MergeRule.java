package dev.gradine.merge;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/// A rule that makes one tensor of those of several models. `permits` is the table of contents.
public sealed interface MergeRule permits LinearMean, TaskArithmetic, Slerp, MultiSlerp, ModelStock, Passthrough {

    /// The same tensor in one model. A class, since arrays have no place in records.
    final class Given {

        private final String model;
        private final float[] values;
        private final ToDoubleFunction<String> knobs;

        /// @param model how the configuration calls it
        /// @param values of the tensor; not copied
        /// @param knobs value of each parameter for this model and tensor; NaN for one that is not set
        Given(String model, float[] values, ToDoubleFunction<String> knobs) {
            this.model = model;
            this.values = values;
            this.knobs = knobs;
        }

        String model() {
            return model;
        }

        float[] values() {
            return values;
        }

        /// A parameter that must be set.
        double required(String name, String tensor) {
            double v = knobs.applyAsDouble(name);
            if (!Double.isNaN(v)) return v;
            throw new MergeException(
                    "%s: no %s for %s, expected a number under its parameters".formatted(model, name, tensor));
        }

        /// A parameter with a usual value.
        double or(String name, double usual) {
            double v = knobs.applyAsDouble(name);
            return Double.isNaN(v) ? usual : v;
        }
    }

    /// What a rule works on.
    ///
    /// @param tensor its name
    /// @param rows extent of its first axis; 1 for a vector
    /// @param base the tensor of the base model; without values if there is no base model
    /// @param others those of the other models
    /// @param global parameters of the whole merge
    /// @param seed of random masks, of this tensor
    record Task(String tensor, int rows, List<Given> base, List<Given> others, Given global, long seed) {

        Given requireBase(String rule) {
            if (base.size() == 1) return base.getFirst();
            throw new MergeException(rule + ": no base_model, expected one");
        }
    }

    /// What mergekit calls it.
    String name();

    /// Parameters of single models that it reads.
    Set<String> perModel();

    /// Parameters of the whole merge that it reads.
    Set<String> global();

    /// The merged values.
    float[] merge(Task t);

    /// All rules by name.
    static List<MergeRule> all() {
        return List.of(
                new LinearMean(),
                TaskArithmetic.plain(),
                TaskArithmetic.ties(),
                TaskArithmetic.dareTies(),
                TaskArithmetic.dareLinear(),
                TaskArithmetic.breadcrumbs(),
                TaskArithmetic.breadcrumbsTies(),
                TaskArithmetic.della(),
                TaskArithmetic.dellaLinear(),
                new Slerp(),
                new MultiSlerp(),
                new ModelStock(),
                new Passthrough());
    }

    /// The rule of that name.
    ///
    /// @throws MergeException lists the names there are
    static MergeRule named(String name) {
        return all().stream()
                .filter(r -> r.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new MergeException("merge_method: \"%s\", expected one of %s"
                        .formatted(name, all().stream().map(MergeRule::name).collect(Collectors.joining(", ")))));
    }

    /// Every parameter it reads.
    default Set<String> parameters() {
        Set<String> all = new LinkedHashSet<>(perModel());
        all.addAll(global());
        return all;
    }

    /// Fails unless the models have as many values each.
    static void requireAlike(Task t, List<Given> all) {
        int[] sizes = all.stream().mapToInt(g -> g.values.length).distinct().toArray();
        if (sizes.length > 1) {
            throw new MergeException(
                    "%s: the models have %s values, expected as many each".formatted(t.tensor, Arrays.toString(sizes)));
        }
    }
}
