package dev.gradine.cli.plan;

import dev.gradine.nn.Linear;
import dev.gradine.peft.TrainedCount;

/// Operations, time and cost of a run.
///
/// ```
/// step  = tokens · (k N + 2 N_copies + 6 P + attention)
/// k     = 4 with a frozen base: forward and the gradient of its input; 6 where blocks are computed again
/// N     values of linear layers, the head included        P = values of adapters
/// attention: 2 · L · H D for each layer forward (scores and sums over half of L), 2.5 times that backward
/// time  = max(operations / F, bytes of the weights · passes / B)
/// ```
///
/// @param flops of a step
/// @param formula how it follows, with numbers
/// @param stepSeconds time of a step
/// @param bound `compute` or `memory`
/// @param tokensPerSecond of training
/// @param runSeconds time of all steps
public record WorkPlan(
        double flops, String formula, double stepSeconds, String bound, double tokensPerSecond, double runSeconds) {

    /// Cost of the run.
    ///
    /// @param price of an hour; 0 where none is given
    public double cost(double price) {
        return runSeconds / 3600 * price;
    }

    /// The work of a run.
    ///
    /// @param weightBytes of the weights in memory
    static WorkPlan of(PlanRequest r, TrainedCount count, long weightBytes) {
        double perToken = perToken(r, count);
        double flops = perToken * r.shape().tokens();
        int passes = r.shape().checkpointing() ? 3 : 2;
        double compute = flops / r.hardware().flops();
        double memory = (double) weightBytes * passes / r.hardware().bandwidth();
        double step = Math.max(compute, memory);
        double run = step * r.shape().steps();
        return new WorkPlan(
                flops,
                formula(r, count),
                step,
                compute >= memory ? "compute" : "memory",
                r.shape().tokens() / step,
                run);
    }

    /// Values of linear layers N.
    static long linearValues(PlanRequest r) {
        return r.model().model().linears().stream()
                .mapToLong(l -> (long) l.in() * l.out())
                .sum();
    }

    /// Values of copies of linear layers, whose gradients are products as well.
    private static long copied(TrainedCount count) {
        return count.copies().entrySet().stream()
                .filter(e -> e.getKey().shape().rank() == 2)
                .mapToLong(e -> e.getValue())
                .sum();
    }

    private static int factor(PlanRequest r) {
        return r.shape().checkpointing() ? 6 : 4;
    }

    private static double perToken(PlanRequest r, TrainedCount count) {
        double products = (double) factor(r) * linearValues(r) + 2.0 * copied(count) + 6.0 * count.added();
        return products + attention(r);
    }

    private static double attention(PlanRequest r) {
        double forward = r.model().blockLinears().stream()
                .filter(l -> l.path().contains("attn") && writes(l))
                .mapToDouble(l -> 2.0 * r.shape().length() * l.in())
                .sum();
        return forward * (r.shape().checkpointing() ? 4.5 : 3.5);
    }

    private static boolean writes(Linear l) {
        return l.path().endsWith("o_proj") || l.path().endsWith("c_proj");
    }

    private static String formula(PlanRequest r, TrainedCount count) {
        return "%,d tokens · (%d · %,d + 2 · %,d + 6 · %,d + %,.0f of attention)"
                .formatted(r.shape().tokens(), factor(r), linearValues(r), copied(count), count.added(), attention(r));
    }
}
