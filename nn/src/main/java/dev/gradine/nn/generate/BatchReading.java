package dev.gradine.nn.generate;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;

/// The passes of a batch: a piece of a prompt, or the last tokens of many texts.
final class BatchReading {

    private static final int PIECE = 3 * LaneMemory.UNIT; // tokens of a prompt read at once
    private static final int AGAIN = 3; // tokens of a text read at once where it was put off: see below
    private static final int LOGITS = 64; // rows of logits held at once

    private final CausalLm model;
    private final Kernels k;
    private final KvCache cache;
    private final Mixing mixing;

    BatchReading(CausalLm model, Kernels k, KvCache cache, Mixing mixing) {
        this.model = model;
        this.k = k;
        this.cache = cache;
        this.mixing = mixing;
    }

    /// Reads the next piece of a prompt; behind its last, draws the first token of each of its texts.
    ///
    /// @return tokens that were read
    int readPrompt(PromptGroup g) {
        int[] prompt = g.prompt();
        int from = g.read();
        int to = Math.min(prompt.length, (from / PIECE + 1) * PIECE);
        int[] piece = Arrays.copyOfRange(prompt, from, to);
        try (Kernels scratch = k.openStep()) {
            Var h = hidden(g, piece, scratch);
            if (g.writing.rule().reports().prompt() && !g.isReported()) reportPrompt(scratch, g, h.value(), from);
            if (to == prompt.length) {
                g.isRead = true;
                first(scratch, g, h.value().rows(piece.length - 1, piece.length));
            }
        }
        return piece.length;
    }

    private Var hidden(PromptGroup g, int[] piece, Kernels scratch) {
        Tape tape = Tape.noGrad(scratch);
        KvCache own = g.own;
        Lane lane = g.lane;
        if (own != null) return model.hidden(Pass.continuing(tape, piece, own).with(g.adapters));
        if (lane == null) throw new IllegalStateException("a prompt without rows");
        BatchTurn turn = new BatchTurn();
        turn.add(lane, piece, -1, g.adapters);
        Var h = model.hidden(turn.pass(tape, cache, mixing));
        turn.advance();
        return h;
    }

    /// Draws the first token of each text, unless it has been drawn and the prompt is read again.
    private void first(Kernels scratch, PromptGroup g, Tensor row) {
        try (Kernels rows = scratch.openStepByRow()) {
            Tensor logits = null;
            for (Answer a : g.answers) {
                if (a.isOver || a.count > 0) continue;
                if (g.limit == 0) {
                    a.end(Ending.of(Ending.Why.LENGTH));
                    continue;
                }
                if (logits == null) logits = logits(rows, row, List.of(g.adapters), new int[1]);
                TokenDraw.each(rows, logits, List.of(a));
            }
        }
    }

    /// @param ids as many as rows
    private Tensor logits(Kernels rows, Tensor hidden, List<Adapters> each, int[] ids) {
        Tape tape = Tape.noGrad(rows);
        List<int[]> single = Arrays.stream(ids).mapToObj(id -> new int[] {id}).toList();
        Pass pass = Pass.of(tape, TokenBatch.of(single)).with(each.size() == 1 ? each.getFirst() : mixing.of(each));
        return model.head().logits(tape.constant(hidden), pass).value();
    }

    private void reportPrompt(Kernels scratch, PromptGroup g, Tensor h, int from) {
        int n = h.shape().dim(0);
        for (int at = 0; at < n; at += LOGITS) {
            int to = Math.min(n, at + LOGITS);
            try (Kernels rows = scratch.openStep()) {
                Tensor logits = logits(rows, h.rows(at, to), List.of(g.adapters), new int[to - at]);
                for (int i = at; i < to; i++) g.report(from + i, rows.download(logits.rows(i - at, i - at + 1)));
            }
        }
    }

    /// The next token of each of `texts`, read in one pass. A text that was put off has tokens to be read again: a few
    /// at once, since attention of up to three queries sums as that of one.
    void write(List<Answer> texts) {
        try (Kernels rows = k.openStepByRow()) {
            BatchTurn turn = new BatchTurn();
            List<Answer> order = ordered(texts);
            List<Integer> last = new ArrayList<>();
            List<Answer> drawing = new ArrayList<>();
            IdentityHashMap<PromptGroup, Integer> parents = new IdentityHashMap<>();
            for (Answer a : order) if (a.group.isShared()) parents.computeIfAbsent(a.group, g -> addPrompt(turn, g));
            for (Answer a : order) {
                int read = a.read();
                int to = Math.min(a.count, read + AGAIN);
                Lane lane = a.lane;
                if (lane == null) throw new IllegalStateException("a text without rows");
                int room = Math.min(to, read + lane.capacity - lane.length);
                turn.add(
                        lane,
                        Arrays.copyOfRange(a.text, read, room),
                        parents.getOrDefault(a.group, -1),
                        a.group.adapters);
                if (room < a.count) continue;
                last.add(turn.tokens() - 1);
                drawing.add(a);
            }
            Var h = model.hidden(turn.pass(Tape.noGrad(rows), cache, mixing));
            turn.advance();
            if (drawing.isEmpty()) return;
            int[] at = last.stream().mapToInt(Integer::intValue).toArray();
            Tensor wanted = at.length == h.shape().dim(0)
                    ? h.value()
                    : indexSelect(h, rows.ofInts(at)).value();
            List<Adapters> each = drawing.stream().map(a -> a.group.adapters).toList();
            TokenDraw.each(rows, logits(rows, wanted, each, new int[at.length]), drawing);
        }
    }

    private static int addPrompt(BatchTurn turn, PromptGroup g) {
        Lane lane = g.lane;
        if (lane == null) throw new IllegalStateException("a prompt without rows");
        return turn.add(lane, new int[0], -1, g.adapters);
    }

    /// Texts with the same adapters beside each other.
    private static List<Answer> ordered(List<Answer> texts) {
        IdentityHashMap<Adapters, List<Answer>> byAdapters = new IdentityHashMap<>();
        List<Adapters> known = new ArrayList<>();
        for (Answer a : texts) {
            byAdapters
                    .computeIfAbsent(a.group.adapters, own -> {
                        known.add(own);
                        return new ArrayList<>();
                    })
                    .add(a);
        }
        List<Answer> all = new ArrayList<>();
        for (Adapters own : known) all.addAll(byAdapters.get(own));
        return all;
    }

    /// The next token of a text that allows none beside it.
    void writeAlone(Answer a) {
        KvCache own = a.group.own;
        if (own == null) throw new IllegalStateException("a text without a cache");
        try (Kernels rows = k.openStepByRow()) {
            int[] last = {a.text[a.count - 1]};
            Pass pass = Pass.continuing(Tape.noGrad(rows), last, own).with(a.group.adapters);
            Tensor h = model.hidden(pass).value();
            TokenDraw.each(rows, logits(rows, h, List.of(a.group.adapters), last), List.of(a));
        }
    }
}
