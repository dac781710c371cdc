package dev.gradine.cli;

import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.peft.DropoutPlan;
import java.util.List;

/// An objective whose adapters drop values in training passes and none in evaluations.
record WithDropout<E>(Objective<E> objective, DropoutPlan dropout) implements Objective<E> {

    @Override
    public Outcome forward(Step step, List<E> micro, double totalWeight) {
        if (step.isTraining()) dropout.train(step.seed());
        else dropout.evaluate();
        return objective.forward(step, micro, totalWeight);
    }

    @Override
    public double weight(E example) {
        return objective.weight(example);
    }

    @Override
    public double work(E example) {
        return objective.work(example);
    }

    @Override
    public String unit() {
        return objective.unit();
    }

    @Override
    public List<Metric> metrics() {
        return objective.metrics();
    }
}
