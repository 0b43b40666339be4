#!/bin/bash
# One run on all devices of several machines of a SLURM cluster, which goes on by itself after its time limit:
#
#     sbatch examples/slurm.sh sudoku-extreme --out runs/big
#
# What follows the file is handed to 'hrm train'; name a folder with --out that all machines see. Adapt the lines below,
# or say other values before the file: sbatch --nodes=4 --time=60 examples/slurm.sh ...
#
#SBATCH --job-name=hrm
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --time=240
#SBATCH --output=hrm-%j.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
# Also, as the cluster has them: --partition, --account, --gpus-per-node, --cpus-per-task, --mem.

python=${PYTHON:-python}       # the Python that hrm is installed for
ranks=${RANKS:-auto}           # processes a machine: one per graphics card, or per core where there is none
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 20000)) # two jobs may share a machine

srun "$python" -m torch.distributed.run --nnodes "$SLURM_JOB_NUM_NODES" --nproc-per-node "$ranks" \
    --rdzv-backend c10d --rdzv-endpoint "$first:$port" --rdzv-id "$SLURM_JOB_ID" --max-restarts 3 \
    -m hrm train "$@" --resume &
step=$!

again() { # before the time limit: all ranks save at one step and end; then the job waits for its next turn
    scancel --signal=TERM "$SLURM_JOB_ID" # for what srun started: srun itself would let nothing end in peace
    wait "$step"
    scontrol requeue "$SLURM_JOB_ID"
}
trap again USR1
wait "$step"
