package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One forward pass: the tokens it reads, and all that differs from pass to pass. A model is weights and never changes.
///
/// A pass starts with the checkpoint's own weights, in evaluation; each `with…` method gives a pass that differs in one
/// thing.
public final class Pass {

    /// What surrounds the tokens.
    ///
    /// @param seed of the masks that are drawn in training
    /// @param group positions within which tokens attend in training; 0 for all
    /// @param reading where keys are read from and appended to, or null for none
    private record Mode(
            Adapters adapters,
            boolean training,
            long seed,
            boolean checkpoints,
            int group,
            @Nullable Reading reading) {}

    /// A cache, the rows of it that the tokens are written to, and the states of its sequences; none of both where the
    /// tokens go behind its one sequence.
    private record Reading(KvCache cache, List<Integer> slots, List<Integer> states) {}

    private static final Mode PLAIN = new Mode(Adapters.NONE, false, 0, false, 0, null);

    private final Tape tape;
    private final TokenBatch batch;
    private final Mode mode;
    private final TokenBatch rows;
    private final IdentityHashMap<Rotary, Rotary.Turn> turns = new IdentityHashMap<>();
    private final LoadBalance balance = new LoadBalance();
    private @Nullable Tensor positions;
    private @Nullable Tensor slots;

    private Pass(Tape tape, TokenBatch batch, Mode mode) {
        this.tape = tape;
        this.batch = batch;
        this.mode = mode;
        boolean begins = mode.reading == null || mode.reading.cache.length() == 0;
        this.rows = begins ? batch.behindVirtual(mode.adapters.virtualTokens()) : batch;
    }

    /// A pass of the model as its checkpoint has it, in evaluation.
    public static Pass of(Tape tape, TokenBatch batch) {
        return new Pass(tape, batch, PLAIN);
    }

    /// A pass that reads no tokens: for layers that are used on their own.
    public static Pass of(Tape tape) {
        return of(tape, TokenBatch.of(List.of()));
    }

    /// The continuation of the one sequence in `cache`; its keys and values are appended there.
    public static Pass continuing(Tape tape, int[] ids, KvCache cache) {
        Mode mode = new Mode(Adapters.NONE, false, 0, false, 0, new Reading(cache, List.of(), List.of()));
        return new Pass(tape, TokenBatch.continuing(ids, cache.length()), mode);
    }

    /// The continuation of several sequences in `cache`, without virtual tokens.
    ///
    /// @param batch fresh tokens, whose layout says which rows of the cache they see
    /// @param slots row of the cache that each of them is written to
    /// @param states number of the state of each sequence, as `KvCache.openState` gave it
    public static Pass reading(Tape tape, TokenBatch batch, int[] slots, int[] states, KvCache cache) {
        Reading reading = new Reading(
                cache,
                Arrays.stream(slots).boxed().toList(),
                Arrays.stream(states).boxed().toList());
        return new Pass(tape, batch, new Mode(Adapters.NONE, false, 0, false, 0, reading));
    }

    /// The same pass with other adapters.
    public Pass with(Adapters adapters) {
        return in(new Mode(adapters, mode.training, mode.seed, mode.checkpoints, mode.group, mode.reading));
    }

    /// The same pass in training: adapters draw the masks of their dropout.
    ///
    /// @param seed a number that no other pass of the run has
    public Pass training(long seed) {
        return in(new Mode(mode.adapters, true, seed, mode.checkpoints, mode.group, mode.reading));
    }

    /// The same pass, keeping of each block only what goes into it and computing the rest a second time for the
    /// gradient: the same bits from less memory in more time.
    public Pass checkpointing(boolean on) {
        return in(new Mode(mode.adapters, mode.training, mode.seed, on, mode.group, mode.reading));
    }

    /// The same pass in which tokens attend within groups, if it is one in training: see `ShiftedAttention`.
    ///
    /// @param positions of a group, even; 0 for no groups
    public Pass grouped(int positions) {
        return in(new Mode(mode.adapters, mode.training, mode.seed, mode.checkpoints, positions, mode.reading));
    }

    private Pass in(Mode other) {
        return new Pass(tape, batch, other);
    }

    /// The tape of the pass. Parts of a model use that of their input, which is another one inside a checkpoint.
    public Tape tape() {
        return tape;
    }

    /// The tokens given.
    public TokenBatch batch() {
        return batch;
    }

    /// What the blocks read: the tokens given, behind virtual ones where the adapters have such.
    public TokenBatch rows() {
        return rows;
    }

    /// What stands in for parts of the model.
    public Adapters adapters() {
        return mode.adapters;
    }

    /// Whether masks are drawn.
    public boolean isTraining() {
        return mode.training;
    }

    /// Seed of the masks; meaningful in training only.
    public long seed() {
        return mode.seed;
    }

    /// Whether blocks are computed again for the gradient.
    boolean checkpoints() {
        return mode.checkpoints && tape.isRecording();
    }

    /// Positions within which tokens attend; 0 for all.
    int attentionGroup() {
        return mode.training ? mode.group : 0;
    }

    /// The cache that is read and appended to, or null for none.
    @Nullable
    KvCache cache() {
        return mode.reading == null ? null : mode.reading.cache;
    }

    /// Whether tokens are written to rows of their own instead of behind one sequence.
    boolean hasSlots() {
        return mode.reading != null && !mode.reading.slots.isEmpty();
    }

    /// Row of the cache of each token on the device, `i32[N]`, as long as the tape.
    Tensor slots() {
        if (mode.reading == null || mode.reading.slots.isEmpty()) return positions();
        Tensor s = slots;
        if (s == null) {
            s = tape.kernels()
                    .ofInts(mode.reading.slots.stream()
                            .mapToInt(Integer::intValue)
                            .toArray());
            slots = s;
        }
        return s;
    }

    /// Which state of the cache each sequence has; of no meaning without a cache.
    List<Integer> states() {
        if (mode.reading != null && !mode.reading.states.isEmpty()) return mode.reading.states;
        return Collections.nCopies(rows.layout().count(), 0);
    }

    /// Position of each row on the device, `i32[N]`, as long as the tape.
    public Tensor positions() {
        Tensor p = positions;
        if (p == null) {
            p = tape.kernels().ofInts(rows.positions());
            positions = p;
        }
        return p;
    }

    /// What its routers have chosen, of models that are to choose their experts evenly.
    public LoadBalance balance() {
        return balance;
    }

    /// What a position embedding turns by in this pass, as long as the tape.
    Rotary.Turn turn(Rotary rotary) {
        return turns.computeIfAbsent(rotary, r -> r.turn(this));
    }
}
