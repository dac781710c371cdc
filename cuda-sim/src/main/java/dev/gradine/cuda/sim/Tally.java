package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Entry;

/// What a launch counts while it runs.
final class Tally {

    long instructions;
    long threadInstructions;
    long globalRequests;
    long globalSectors;
    long sharedRequests;
    long sharedConflicts;
    long barriers;
    long launches;

    private final Entry entry;
    private int registers = -1;
    private int sharedBytes;
    private int threads;

    Tally(Entry entry) {
        this.entry = entry;
    }

    void begin(int threadsOfBlock, int sharedOfBlock) {
        launches++;
        threads = threadsOfBlock;
        sharedBytes = sharedOfBlock;
    }

    Counters counters() {
        if (registers < 0) registers = entry.liveRegisters();
        return new Counters(
                launches,
                new Counters.Work(instructions, threadInstructions, barriers),
                new Counters.Traffic(globalRequests, globalSectors, sharedRequests, sharedConflicts),
                new Counters.Block(threads, registers, sharedBytes));
    }
}
