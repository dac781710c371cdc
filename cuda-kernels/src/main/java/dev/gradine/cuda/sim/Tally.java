package dev.gradine.cuda.sim;

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
    int registers;
    int sharedBytes;
    int threads;

    void begin(int threadsOfBlock, int sharedOfBlock) {
        launches++;
        threads = threadsOfBlock;
        sharedBytes = sharedOfBlock;
    }

    Counters counters() {
        return new Counters(
                launches,
                new Counters.Work(instructions, threadInstructions, barriers),
                new Counters.Traffic(globalRequests, globalSectors, sharedRequests, sharedConflicts),
                new Counters.Block(threads, registers, sharedBytes));
    }
}
