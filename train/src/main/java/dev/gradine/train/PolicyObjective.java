package dev.gradine.train;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Mean.mean;

import dev.gradine.align.Answers;
import dev.gradine.align.Memory;
import dev.gradine.align.Packed;
import dev.gradine.align.Predicting;
import dev.gradine.align.Recipe;
import dev.gradine.align.ReferenceUse;
import dev.gradine.align.SampledRecipe;
import dev.gradine.align.Scored;
import dev.gradine.align.TextOutputs;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Trunk;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.DoubleConsumer;

/// What a recipe makes a policy minimise: one forward pass over all sequences of a micro-batch, beginnings that belong
/// together read once, and where the recipe needs it one of the reference, which goes on from the layers they share.
///
/// @param <E> an example
public final class PolicyObjective<E> implements Objective<E> {

    private final Recipe<E> recipe;
    private final Learner learner;
    private final ReferenceLogProbs reference;
    private final boolean shareBeginnings;
    private final Memory memory;
    private final List<Policy> teacher; // one, or none
    private List<DoubleConsumer> atTheStart = List.of(); // who is still to be told

    /// @param reference `ReferenceLogProbs.none()` for a recipe that needs none
    /// @param shareBeginnings whether what the sequences of an example begin with is read once
    /// @throws IllegalArgumentException if the recipe needs a reference and there is none
    public PolicyObjective(Recipe<E> recipe, Learner learner, ReferenceLogProbs reference, boolean shareBeginnings) {
        if (recipe.reference() == ReferenceUse.IN_LOSS && reference instanceof ReferenceLogProbs.None) {
            throw new IllegalArgumentException("%s: no reference, expected one to compare the policy with"
                    .formatted(recipe.about().name()));
        }
        this.recipe = recipe;
        this.learner = learner;
        this.reference = recipe.reference() == ReferenceUse.IN_LOSS
                ? reference.at(recipe.reading().temperature())
                : ReferenceLogProbs.none();
        this.shareBeginnings = shareBeginnings;
        memory = Memory.NONE;
        teacher = List.of();
    }

    private PolicyObjective(PolicyObjective<E> of, Memory memory, List<Policy> teacher) {
        recipe = of.recipe;
        learner = of.learner;
        reference = of.reference;
        shareBeginnings = of.shareBeginnings;
        this.memory = memory;
        this.teacher = teacher;
        atTheStart = of.atTheStart;
    }

    /// The same with room for what the recipe remembers.
    ///
    /// @param run lifetime of what is remembered
    public PolicyObjective<E> remembering(Kernels run) {
        return new PolicyObjective<>(this, Memory.of(run, recipe.remembers()), teacher);
    }

    /// The same with a teacher for a recipe that needs one.
    ///
    /// @param one or none
    public PolicyObjective<E> taughtBy(List<Policy> one) {
        return new PolicyObjective<>(this, memory, one);
    }

    /// Of a recipe without reference.
    public static <E> PolicyObjective<E> of(Recipe<E> recipe, Learner learner) {
        return new PolicyObjective<>(recipe, learner, ReferenceLogProbs.none(), true);
    }

    /// Tells, once, by how many nats policy and reference differ at most in a sequence of the first batch that is
    /// trained on: before the first step of a run that is how well it begins at its reference.
    public void tellOfStart(DoubleConsumer difference) {
        atTheStart = List.of(difference);
    }

    private void compareAtTheStart(Scored<E> batch) {
        if (atTheStart.isEmpty()) return;
        Answers all = batch.all();
        double most = 0;
        for (int i = 0; i < all.size(); i++) most = Math.max(most, Math.abs(all.logRatio(i)));
        double difference = most;
        atTheStart.forEach(told -> told.accept(difference));
        atTheStart = List.of();
    }

    @Override
    public double weight(E example) {
        return recipe.weight(example);
    }

    @Override
    public double work(E example) {
        return recipe.tokens(example);
    }

    @Override
    public String unit() {
        return "tokens";
    }

    @Override
    public List<Metric> metrics() {
        return recipe.metrics();
    }

    @Override
    public Outcome forward(Step step, List<E> micro, double totalWeight) {
        Kernels k = step.tape().kernels();
        Packed packed = Packed.of(micro.stream().map(recipe::sequences).toList(), shareBeginnings);
        boolean labels = recipe.reading().scores();
        if (!labels && packed.sequences().stream().allMatch(s -> s.predicted() == 0)) return nothing(step, micro);
        Pass pass = learner.pass(step, TextOutputs.tokens(learner.model(), packed));
        Scored<E> batch = labels
                ? Scored.of(micro, packed, TextOutputs.of(learner.classifier(), pass, packed))
                : words(step, micro, packed, pass);
        Var losses = recipe.loss(batch);
        int n = losses.value().size();
        MeanMetrics m = new MeanMetrics();
        Var loss = mean(losses);
        double more = 0;
        for (Var added : added(step, pass, n, m)) {
            more += k.download(added.value())[0];
            loss = add(loss, added);
        }
        m.add("loss", sum(k.download(losses.value())) + n * more, n);
        SampledRecipe.note(micro, m);
        recipe.measure(batch, m);
        return new Outcome(scale(loss, (float) (n / totalWeight)), m);
    }

    /// What is added to the mean of the recipe's losses: what adapters ask of their shape in training, and
    /// routers of the experts they choose where words are learnt.
    private List<Var> added(Step step, Pass pass, int n, MeanMetrics m) {
        List<Var> all = new ArrayList<>();
        if (step.isTraining()) learner.shaping().penalty(step.tape()).ifPresent(all::add);
        if (!pass.balance().isEmpty() && !recipe.reading().scores()) {
            all.add(pass.balance().loss(step.tape()));
            m.add("aux_loss", n * pass.balance().value(), n);
        }
        return all;
    }

    /// Of a micro-batch without a token to learn: all of its answers were left out.
    private Outcome nothing(Step step, List<E> micro) {
        MeanMetrics m = new MeanMetrics();
        m.add("loss", 0, micro.stream().mapToDouble(recipe::weight).sum());
        SampledRecipe.note(micro, m);
        return new Outcome(step.tape().constant(step.tape().kernels().zeros(Shape.of(1))), m);
    }

    private Scored<E> words(Step step, List<E> micro, Packed packed, Pass pass) {
        return recipe.reference() == ReferenceUse.IN_LOSS
                ? compared(step, micro, packed, pass)
                : alone(step, micro, packed, pass);
    }

    private Scored<E> alone(Step step, List<E> micro, Packed packed, Pass pass) {
        CausalLm model = learner.policy().model();
        Var hidden = model.hidden(pass);
        if (recipe.needsTeacher()) {
            return taught(step, micro, packed, Predicting.of(model, pass, hidden, packed), hidden);
        }
        var logProbs = TokenLogProbs.of(model, pass, hidden, packed, recipe.reading());
        return Scored.of(micro, packed, logProbs, new float[0], memory(step));
    }

    private Scored<E> taught(Step step, List<E> micro, Packed packed, Predicting student, Var hidden) {
        Policy by = teacher.getFirst();
        var logProbs = TokenLogProbs.of(learner.policy().model(), student.pass(), hidden, packed, recipe.reading());
        Pass pass = by.pass(Tape.noGrad(step.tape().kernels()), packed.tokens());
        Predicting taught = Predicting.of(by.model(), pass, by.model().hidden(pass), packed);
        return Scored.of(micro, packed, logProbs, new float[0]).taught(student, taught);
    }

    private Scored<E> compared(Step step, List<E> micro, Packed packed, Pass pass) {
        CausalLm model = learner.policy().model();
        Kernels k = step.tape().kernels();
        Trunk trunk = model.trunk(k, packed.tokens(), reference.besides(learner.policy()));
        float[] ref = reference.of(k, packed, trunk);
        var logProbs = TokenLogProbs.of(model, pass, model.hidden(pass, trunk), packed, recipe.reading());
        Scored<E> batch = Scored.of(micro, packed, logProbs, ref, memory(step));
        if (step.isTraining()) compareAtTheStart(batch);
        return batch;
    }

    private Memory memory(Step step) {
        return step.isTraining() ? memory : memory.forEvaluation();
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return memory.state();
    }

    private static double sum(float[] x) {
        double s = 0;
        for (float v : x) s += v;
        return s;
    }
}
