package dev.gradine.optim;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;

/// Moves parameters along their gradients.
///
/// All it remembers from step to step are tensors: parameters, `state` and the number of the next step say everything a
/// resumed run needs.
public interface Optimizer {

    /// Updates all parameters and clears their gradients.
    ///
    /// @param t number of this update in the run, from 1
    /// @param lr learning rate of this step
    /// @param gradScale factor of every gradient, below 1 where it is clipped
    void step(int t, double lr, double gradScale);

    /// What is kept beside the parameters, by name, such as `m.layer.weight`. Writing into the tensors restores it.
    SequencedMap<String, Tensor> state();

    /// Parameters that are treated alike. Who is decayed and who learns faster is decided here and not in a formula.
    ///
    /// @param params by the names their state is saved under
    /// @param lrFactor factor of the learning rate
    /// @param decay weight decay, 1/step at learning rate 1
    record Group(SequencedMap<String, Param> params, double lrFactor, double decay) {

        /// Groups of those that are trained, in which all is decayed but vectors that are biases or weights of norms,
        /// by their names, as
        /// `transformers` has it.
        ///
        /// A group ends where the kind changes: all groups together keep the order of `params`, in
        /// which the squares of the gradient's norm are added.
        public static List<Group> decayingMatrices(SequencedMap<String, Param> params, double decay) {
            return decayingMatrices(params, decay, (_, _) -> 1);
        }

        /// The same, at learning rates of their own.
        ///
        /// @param factor of the learning rate, by name and parameter
        static List<Group> decayingMatrices(
                SequencedMap<String, Param> params, double decay, ToDoubleBiFunction<String, Param> factor) {
            List<Group> groups = new ArrayList<>();
            params.forEach((name, p) -> {
                if (!p.isTrained()) return;
                boolean biasOrNorm = p.value().shape().rank() <= 1 && name.matches(".*(bias|norm).*");
                Group own = new Group(new LinkedHashMap<>(), factor.applyAsDouble(name, p), biasOrNorm ? 0 : decay);
                if (groups.isEmpty() || !groups.getLast().isLike(own)) groups.add(own);
                groups.getLast().params().put(name, p);
            });
            return groups;
        }

        private boolean isLike(Group other) {
            return lrFactor == other.lrFactor && decay == other.decay;
        }
    }

    /// Which optimiser, and its numbers.
    sealed interface Settings permits UpdateRule, Custom {

        /// How users write it, such as `adamw`.
        String name();

        /// An optimiser of `groups`.
        ///
        /// @param run lifetime of its state
        Optimizer over(List<Group> groups, Kernels run);

        /// What a user should know of these parameters before the first step, such as which of them are treated in
        /// another way.
        default List<String> notes(List<Group> groups) {
            return List.of();
        }

        /// Bytes that are kept beside a parameter of that name and shape; as many as AdamW keeps, unless it says so.
        default long stateBytes(String name, Shape shape) {
            return 8L * shape.size();
        }

        /// Every optimiser of this package, with its usual numbers.
        static List<Settings> all() {
            return List.copyOf(UpdateRule.all());
        }

        /// The usual numbers of the optimiser called `name`.
        ///
        /// @throws IllegalArgumentException lists the names there are
        static Settings named(String name) {
            for (Settings s : all()) if (s.name().equals(name)) return s;
            String names = all().stream().map(Settings::name).collect(Collectors.joining(", "));
            throw new IllegalArgumentException("optimizer: \"%s\", expected one of %s".formatted(name, names));
        }
    }

    /// The open door for optimisers from elsewhere.
    non-sealed interface Custom extends Settings {}
}
