package dev.gradine.peft;

import static dev.gradine.autograd.op.Concat.concatRows;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.BitSet;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// An adapter that changes the rows it is called for and leaves the others to the base.
///
/// @param low what changes them
/// @param invocation which rows they are
record FromInvocation(LinearAdapter low, Invocation invocation) implements LinearAdapter {

    @Override
    public Var apply(Linear base, Var x, Pass pass) {
        requireAllRows(base, x, pass);
        int[] called = invocation.rows(pass.rows());
        int n = x.shape().dim(0);
        if (called.length == 0) return base.base(x, pass);
        if (called.length == n) return low.apply(base, x, pass);
        return x.tape().frame(in -> parted(base, in, called, pass), x);
    }

    private static void requireAllRows(Linear base, Var x, Pass pass) {
        int n = x.shape().dim(0);
        int expected = pass.rows().tokens();
        if (n == expected) return;
        throw new AdapterException("alora: %s reads %d rows of %d, expected all: layers that read some rows alone, such"
                        .formatted(base.path(), n, expected)
                + " as a head, cannot be adapted");
    }

    /// Rows of both kinds on their own, then each at its place.
    private Var parted(Linear base, Var x, int[] called, Pass pass) {
        int n = x.shape().dim(0);
        BitSet is = new BitSet(n);
        for (int row : called) is.set(row);
        int[] others = IntStream.range(0, n).filter(row -> !is.get(row)).toArray();
        Kernels k = x.tape().kernels();
        Var left = base.base(indexSelect(x, k.ofInts(others)), pass);
        Var changed = low.apply(base, indexSelect(x, k.ofInts(called)), pass);
        int[] from = new int[n];
        for (int i = 0; i < others.length; i++) from[others[i]] = i;
        for (int i = 0; i < called.length; i++) from[called[i]] = others.length + i;
        return indexSelect(concatRows(left, changed), k.ofInts(from));
    }

    @Override
    public boolean isCausal() {
        return false;
    }

    @Override
    public FromInvocation continuing(int[] prompt) {
        return new FromInvocation(low, invocation.in(prompt));
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        throw new AdapterException("alora: there is no merged weight of an adapter that changes some tokens alone");
    }

    @Override
    public FromInvocation over(UnaryOperator<Param> values) {
        return new FromInvocation((LinearAdapter) low.over(values), invocation);
    }

    @Override
    public SequencedMap<String, Param> params() {
        return low.params();
    }
}
