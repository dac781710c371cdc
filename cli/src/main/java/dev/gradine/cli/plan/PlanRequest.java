package dev.gradine.cli.plan;

import dev.gradine.nn.Quantization;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
import dev.gradine.peft.TrainedCount;
import java.util.List;

/// What is to be planned.
///
/// @param model the model
/// @param tuning what is trained
/// @param shape of a step
/// @param hardware what computes
public record PlanRequest(PlanModel model, Tuning tuning, StepShape shape, Hardware hardware) {

    /// What is trained, and over which weights.
    ///
    /// @param method how
    /// @param where layers adapted
    /// @param quantised how the weights are quantised: one, or none
    /// @param stateBytes that the optimiser keeps for each value trained
    public record Tuning(Method method, Selection where, List<Quantization> quantised, double stateBytes) {}

    /// What a step sees.
    ///
    /// @param batch sequences
    /// @param length tokens of each
    /// @param checkpointing whether blocks are computed again for the gradient
    /// @param steps of the run
    public record StepShape(int batch, int length, boolean checkpointing, long steps) {

        /// @throws IllegalArgumentException names the number that is below 1
        public StepShape {
            require("batch", batch);
            require("length", length);
            require("steps", steps);
        }

        private static void require(String what, long value) {
            if (value < 1) throw new IllegalArgumentException("--%s: %d, expected at least 1".formatted(what, value));
        }

        /// Tokens of a step.
        public long tokens() {
            return (long) batch * length;
        }
    }

    /// What the method trains, by its own count.
    ///
    /// @throws dev.gradine.peft.AdapterException if that is nothing
    TrainedCount count() {
        return TrainedCount.of(model.model(), tuning.method, tuning.where);
    }

    PlanRequest with(StepShape other) {
        return new PlanRequest(model, tuning, other, hardware);
    }

    PlanRequest with(Tuning other) {
        return new PlanRequest(model, other, shape, hardware);
    }
}
