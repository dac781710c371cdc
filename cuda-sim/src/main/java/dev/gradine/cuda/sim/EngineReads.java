package dev.gradine.cuda.sim;

/// When each engine last read each 16 bytes of shared memory, so that nobody writes there before having
/// heard, directly or from others, that the engine was waited for.
final class EngineReads {

    /// No engine.
    static final int NOBODY = -1;

    private static final int PIECE = 16;

    private final int pieces;
    /// By index of the engine and piece: the time of the last read; 0 for none.
    private final int[][] times = new int[Engine.COUNT][0];

    private int used;

    EngineReads(int bytes) {
        pieces = Math.ceilDiv(bytes, PIECE);
    }

    void read(Order order, int engine, int at, int count) {
        int index = Engine.index(engine);
        if (times[index].length == 0) times[index] = new int[pieces];
        int[] of = times[index];
        used = Math.max(used, index + 1);
        int time = order.now(engine);
        for (int piece = at / PIECE; piece <= (at + count - 1) / PIECE; piece++) of[piece] = time;
    }

    /// An engine whose read is not known to have ended to a thread that writes, or `NOBODY`.
    int reader(Order order, int thread, int at, int count) {
        for (int index = 0; index < used; index++) {
            int[] of = times[index];
            if (of.length == 0) continue;
            int engine = Engine.of(index);
            for (int piece = at / PIECE; piece <= (at + count - 1) / PIECE; piece++) {
                if (of[piece] != 0 && !order.isBefore(engine, of[piece], thread)) return engine;
            }
        }
        return NOBODY;
    }
}
