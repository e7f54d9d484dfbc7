from adapter_cases import *
with open(sys.argv[1],'w') as f:
    for n in sorted(C):
        for a in (['eager'] if n=='gpt_oss' else ['sdpa','eager','flash_attention_2']):
            for p in sys.argv[2].split(','):
                w=dict(micro_batch_size=1,sequence_length=64,precision=p,attention=a,recompute_granularity='none',optimizer={"id":"torch-sgd","implementation":"for_loop"},method='full')
                f.write(json.dumps({'name':n,'config':{**C[n],**({} if n=='gpt2' else TOK)},'workload':w,**run(n,w)})+'\n'); f.flush()
