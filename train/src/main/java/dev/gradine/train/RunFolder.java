package dev.gradine.train;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.FolderLock;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.report.RunInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The folder of a run, before its first step: everything that could stop it later is found now.
final class RunFolder {

    private static final long SPARE = 8L << 20; // metrics, run.json and the report
    private static final int AT_ONCE = 2; // the best values are written before the ones before them are removed

    private RunFolder() {}

    /// Fails unless the run may write to its folder.
    static void require(RunFiles files) {
        if (files.isFresh()) {
            boolean isLockAlone = files.resume() == Resume.AUTO && FolderLock.isAlone(files.out());
            if (!isLockAlone) AtomicFiles.requireFree(files.out());
            return;
        }
        if (!Files.exists(files.out().resolve(RunInfo.FILE))) {
            throw new IllegalArgumentException("--resume: " + files.out() + " has no run to go on with");
        }
        if (RunInfo.read(files.out()).end().status() == RunInfo.Status.FINISHED) {
            throw new IllegalArgumentException("--resume: the run in " + files.out() + " has finished");
        }
    }

    /// Fails unless the folder can be written to, and removes what a writer that died has left there.
    static void prepare(RunFiles files) {
        Path out = files.out();
        try {
            Files.delete(Files.createTempFile(existing(out), ".gradine", ".tmp"));
        } catch (IOException e) {
            throw CheckpointException.of(out, "cannot be written to", e);
        }
        if (!Files.isDirectory(out)) return;
        AtomicFiles.removeAbandoned(out);
        RunCheckpoint.removeAbandoned(out);
    }

    /// Makes the folder, and takes it for this run alone.
    static FolderLock claim(RunFiles files) {
        Path out = files.out();
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw CheckpointException.of(out, "cannot be made", e);
        }
        FolderLock lock = FolderLock.take(out);
        try {
            if (files.isFresh()) lock.requireAlone();
            return lock;
        } catch (CheckpointException e) {
            lock.close();
            throw e;
        }
    }

    /// The folder itself, or the nearest above it that is there.
    private static Path existing(Path out) {
        Path at = out.toAbsolutePath();
        while (at.getParent() != null && !Files.exists(at)) at = at.getParent();
        return at;
    }

    /// The log of metrics; a run that resumes from no checkpoint begins it anew.
    ///
    /// @param from steps taken
    static MetricsLog openLog(RunFiles files, int from) {
        Path file = files.out().resolve(MetricsLog.FILE);
        if (from > 0) return MetricsLog.resume(file, from);
        try {
            if (files.resume() != Resume.NO) Files.deleteIfExists(file);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be removed", e);
        }
        return MetricsLog.create(file);
    }

    /// Bytes that are free where a folder is or will be.
    @FunctionalInterface
    interface Disk {
        long free(Path existing) throws IOException;
    }

    /// Fails unless the adapter and the checkpoints of a run fit the disk.
    static void requireSpace(RunSettings settings, AdapterSet adapted) {
        requireSpace(settings, adapted, place -> Files.getFileStore(place).getUsableSpace());
    }

    static void requireSpace(RunSettings settings, AdapterSet adapted, Disk disk) {
        Path out = settings.files().out();
        long adapter = 4 * adapted.trainedValues();
        long state = adapted.trained().entrySet().stream()
                .mapToLong(p -> settings.train()
                        .optimizer()
                        .stateBytes(p.getKey(), p.getValue().value().shape()))
                .sum();
        long checkpoint = settings.train().saveEvery() > 0 ? 2 * adapter + state : 0; // its values twice: the adapter
        Unattended kept = settings.unattended();
        long best = kept.choosesBest() ? AT_ONCE * adapter : 0;
        long needed = adapter + (kept.keepCheckpoints() + 1L) * checkpoint + best + SPARE;
        try {
            long free = disk.free(existing(out));
            if (free >= needed) return;
            throw new CheckpointException(
                    out,
                    "the disk has %,d MB left, expected %,d MB for the adapter and its checkpoints"
                            .formatted(free >> 20, (needed >> 20) + 1));
        } catch (IOException e) {
            throw CheckpointException.of(out, "cannot be asked for its free space", e);
        }
    }
}
