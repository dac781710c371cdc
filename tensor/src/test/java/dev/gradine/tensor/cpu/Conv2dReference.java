package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;

/// One convolution by its definition: which value of x meets which weight in which result.
///
/// @param x `[B,C,H,W]`
/// @param w `[O,C/groups,R,S]`
/// @param windows how the window moves
record Conv2dReference(Shape x, Shape w, Windows windows) {

    /// One product of a sum.
    interface Term {
        void at(int x, int w, int y);
    }

    /// Counts the places of the window by moving it.
    Shape y() {
        return Shape.of(x.dim(0), w.dim(0), positions(2, windows.rows()), positions(3, windows.columns()));
    }

    private int positions(int axis, Axis a) {
        int last = x.dim(axis) + a.padding() - 1;
        int n = 0;
        for (int at = -a.padding(); at + a.dilation() * (w.dim(axis) - 1) <= last; at += a.stride()) n++;
        return n;
    }

    /// Terms of one sum.
    int terms() {
        return w.dim(1) * w.dim(2) * w.dim(3);
    }

    /// Every term of every result.
    void forEach(Term term) {
        Shape y = y();
        for (int i = 0; i < y.size(); i++) {
            int q = i % y.dim(3);
            int p = i / y.dim(3) % y.dim(2);
            int o = i / y.dim(3) / y.dim(2) % y.dim(1);
            int image = i / y.dim(3) / y.dim(2) / y.dim(1);
            int group = o / (w.dim(0) / windows.groups());
            for (int k = 0; k < terms(); k++) {
                int c = group * w.dim(1) + k / w.dim(2) / w.dim(3);
                int h = place(windows.rows(), p, k / w.dim(3) % w.dim(2));
                int v = place(windows.columns(), q, k % w.dim(3));
                if (h < 0 || h >= x.dim(2) || v < 0 || v >= x.dim(3)) continue;
                term.at(((image * x.dim(1) + c) * x.dim(2) + h) * x.dim(3) + v, o * terms() + k, i);
            }
        }
    }

    private static int place(Axis a, int window, int within) {
        return window * a.stride() - a.padding() + within * a.dilation();
    }
}
